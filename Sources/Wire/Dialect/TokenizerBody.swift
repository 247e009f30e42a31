package import Vocabulary

/// llama.cpp's addresses that turn a chat into a prompt and a prompt into tokens.
package enum TokenizerBody {
    /// What `/tokenize` is asked, out of what `/apply-template` answered: the same way in which an
    /// answer's prompt is tokenized.
    package static func request(
        forTemplate answer: UnsafeRawBufferPointer
    ) throws(Failure) -> [UInt8] {
        let (value, cursor) = try member("prompt", of: answer)
        guard value.kind == .string else { throw ResponseHeadScan.broken("it sent no prompt") }
        var bytes = Array("{\"content\":".utf8)
        bytes.append(contentsOf: cursor.bytes(value.range))
        return bytes + Array(",\"add_special\":true,\"parse_special\":true}".utf8)
    }

    /// The number of tokens that `/tokenize` answered.
    package static func count(_ answer: UnsafeRawBufferPointer) throws(Failure) -> Int64 {
        let (value, cursor) = try member("tokens", of: answer)
        guard value.kind == .array else { throw ResponseHeadScan.broken("it sent no tokens") }
        return Int64(try cursor.elements(of: value).count)
    }

    private static func member(
        _ name: StaticString, of answer: UnsafeRawBufferPointer
    ) throws(Failure) -> (JSONValue, JSONCursor) {
        do throws(Failure) {
            guard var cursor = JSONCursor(answer) else {
                throw ResponseHeadScan.broken("its body is empty")
            }
            cursor.skipWhitespace()
            guard try cursor.kind() == .object else { throw cursor.malformed(.expectedValue) }
            let members = try cursor.members(of: try cursor.value())
            guard let value = members.value(name, in: cursor) else {
                throw cursor.malformed(.expectedValue)
            }
            return (value, cursor)
        } catch {
            throw ResponseHeadScan.broken("its tokenizer's answer was not understood")
        }
    }
}
