import Foundation
import Vocabulary

/// Files that only our own user can read: secrets, and what points to them.
enum PrivateFile {
    /// Replaces the file as a whole: a reader sees the old content or the new, also after a power
    /// cut.
    static func write(_ text: String, to path: String) throws {
        do {
            try DurableFile.replace(path, with: Array(text.utf8))
        } catch {
            throw Failure(
                .forbidden,
                "\(path) cannot be written: \(String(cString: strerror(error.errno))). Check that "
                    + "its directory is ours and that the disk is not full.")
        }
    }

    /// The file's first line; nil if there is no such file or nothing in it.
    static func firstLine(of path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.prefix { !$0.isNewline }
        return line.isEmpty ? nil : String(line)
    }

    /// The secret in the file, made now if there is none: 256 random bits as `PREFIX_` and
    /// hexadecimal digits.
    static func secret(at path: String, prefix: String, random: RandomSource) throws -> String {
        if let secret = firstLine(of: path) { return secret }
        var digits = ""
        for _ in 0..<4 {
            let word = String(random.next(), radix: 16)
            digits += String(repeating: "0", count: 16 - word.count) + word
        }
        let secret = "\(prefix)_\(digits)"
        try write(secret + "\n", to: path)
        return secret
    }
}
