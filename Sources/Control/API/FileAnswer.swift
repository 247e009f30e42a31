import Foundation

extension APIResponse {
    /// A file's bytes, piece by piece: one that is removed meanwhile is read to its end.
    static func file(at path: String, contentType: String) throws -> APIResponse {
        var response = APIResponse(contentType: contentType, body: [])
        response.stream = try .file(at: path, bytes: 0..<Int64.max)
        return response
    }
}

extension APIStream {
    /// Those of a file's bytes that there are.
    static func file(at path: String, bytes: Range<Int64>) throws -> APIStream {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(bytes.lowerBound))
        let reader = FilePieces(file, left: bytes.upperBound - bytes.lowerBound)
        return APIStream { try await reader.next() }
    }
}

private actor FilePieces {
    private static let size = 256 << 10

    private let file: FileHandle
    private var left: Int64

    init(_ file: FileHandle, left: Int64) {
        self.file = file
        self.left = left
    }

    func next() throws -> [UInt8]? {
        let count = Int(min(left, Int64(Self.size)))
        guard count > 0, let piece = try file.read(upToCount: count), !piece.isEmpty else {
            return nil
        }
        left -= Int64(piece.count)
        return Array(piece)
    }
}
