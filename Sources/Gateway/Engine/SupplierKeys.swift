import Foundation
import Synchronization

/// The API keys of outside suppliers, read from their files and kept in memory alone.
final class SupplierKeys: Sendable {
    private let headers = Mutex<[String: String]>([:])

    /// The Authorization header with the key in `file`: empty if that is unreadable.
    func authorization(from file: String) -> String { headers.withLock { $0[file] ?? "" } }

    /// Reads the files again; off the event loops.
    func load(_ files: Set<String>) {
        var loaded: [String: String] = [:]
        for file in files {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            let key = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !key.isEmpty, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
            loaded[file] = "Authorization: Bearer \(key)\r\n"
        }
        let result = loaded
        headers.withLock { $0 = result }
    }
}
