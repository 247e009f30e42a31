import Foundation
import Glibc
package import Vocabulary

extension LocalCluster {
    package func log(
        _ lease: LeaseID, rank: Int, from offset: Int64, limit: Int
    ) async throws(Failure) -> [UInt8] {
        let directory = try known(lease)
        guard rank == 0 else {
            throw Failure(.notFound, "\(lease) has one node: its rank is 0.", parameter: "rank")
        }
        return try await Blocking.run { () throws(Failure) in
            let file = Glibc.open(directory.log, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return [] }
            defer { close(file) }
            lseek(file, off_t(max(0, offset)), SEEK_SET)
            return try Descriptors.readAll(file, limit: max(0, limit))
        }
    }

    package func readFile(_ lease: LeaseID, path: String) async throws(Failure) -> [UInt8] {
        let directory = try known(lease)
        _ = try Beneath.names(of: path)
        let place = place
        return try await Blocking.run { () throws(Failure) in
            let limit = LocalPlace.Limit.fileBytes
            guard LeaseDirectory.exists(directory.image) else {
                return try Beneath.read(path, in: directory.work, limit: limit)
            }
            let answer = try Spawn.run(
                LocalMechanisms.privately
                    + [place.program, "lease-shim", directory.path, "--read", path],
                limit: limit + 4096)
            return try FileAnswer.decode(answer)
        }
    }
}

/// What the program that reads a file out of a lease's file system says to us.
enum FileAnswer {
    private struct Refusal: Codable {
        var code: Failure.Code
        var message: String
    }

    private static let found = UInt8(ascii: "+")

    static func encode(_ result: Result<[UInt8], Failure>) -> [UInt8] {
        switch result {
        case .success(let bytes): return [found] + bytes
        case .failure(let failure):
            let refusal = Refusal(code: failure.code, message: failure.message)
            return Array((try? JSONEncoder().encode(refusal)) ?? Data())
        }
    }

    static func decode(_ answer: [UInt8]) throws(Failure) -> [UInt8] {
        if answer.first == found { return Array(answer.dropFirst()) }
        guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer)) else {
            let text = String(decoding: answer.prefix(500), as: UTF8.self)
            throw Failure(.internalError, "the file could not be read: \(text)")
        }
        throw Failure(refusal.code, refusal.message, parameter: "path")
    }
}

extension LeaseShim {
    /// Prints a file of a lease's work: in a mount namespace of its own, where the lease's file
    /// system can be mounted without anybody seeing it.
    package static func read(directory path: String, file: String) throws {
        let directory = LeaseDirectory(path: path)
        var result: Result<[UInt8], Failure>
        do throws(Failure) {
            let place = try Stage.place(apartFrom: [path])
            try DiskImage(path: directory.image).mount(at: place)
            result = .success(
                try Beneath.read(file, in: place, limit: LocalPlace.Limit.fileBytes))
        } catch {
            result = .failure(error)
        }
        try Descriptors.writeAll(FileAnswer.encode(result), to: STDOUT_FILENO)
    }
}
