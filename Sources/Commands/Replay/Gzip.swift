import CZlib
package import Vocabulary

/// Files that may be compressed.
package enum Gzip {
    /// The most bytes that come out of one file.
    static let maximumBytes = 1 << 30

    /// The content of a gzip file, or the bytes as they are where they are none.
    package static func content(_ bytes: [UInt8], of file: String) throws(Failure) -> [UInt8] {
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        var output: [UInt8] = []
        let status = bytes.withUnsafeBufferPointer { input in
            inflate(input, into: &output)
        }
        guard status == Z_OK else {
            throw Failure(
                .invalidRequest,
                output.count > maximumBytes
                    ? "\(file) unpacks to more than 1 GiB."
                    : "\(file) is a damaged or incomplete gzip file. Fetch it again.")
        }
        return output
    }

    /// All members of the file, one after the other; `Z_OK` where it ends with a member's end.
    private static func inflate(
        _ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
    ) -> Int32 {
        var stream = z_stream()
        // 15 bits of window, and 16 for a gzip header.
        let opened = inflateInit2_(
            &stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { return opened }
        defer { inflateEnd(&stream) }
        // zlib does not write to its input; its C interface only does not say so.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let (status, written) = chunk.withUnsafeMutableBufferPointer { buffer in
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (status, buffer.count - Int(stream.avail_out))
            }
            output += chunk[..<written]
            if output.count > maximumBytes { return Z_BUF_ERROR }
            if status == Z_STREAM_END {
                if stream.avail_in == 0 { return Z_OK }
                guard inflateReset(&stream) == Z_OK else { return Z_DATA_ERROR }
            } else if status != Z_OK {
                return status
            }
        }
    }
}
