import Vocabulary

/// Walks over JSON text in place and checks its syntax on the way: nothing is copied or allocated.
///
/// Strict as RFC 8259 reads, and beyond it where engines differ: invalid UTF-8 and lone surrogates
/// are errors, because a document that two parsers read differently lets a client hide a field.
struct JSONCursor {
    /// Objects and arrays that may be open at a time; also the bits of the stack in `skipValue`.
    static let maximumDepth = 64

    let base: UnsafeRawPointer
    let end: Int
    var position = 0
    var depth = 0

    /// nil for an empty buffer, which is no JSON text.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
        self.base = base
        self.end = bytes.count
    }

    @inline(__always)
    func byte(at index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

    /// The byte at the position, or 0 at the end, which no JSON text has outside of its strings.
    @inline(__always)
    var current: UInt8 { position < end ? byte(at: position) : 0 }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < end {
            let byte = byte(at: position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                return
            }
            position &+= 1
        }
    }

    @inline(never)
    func malformed(_ reason: JSONFault, at offset: Int? = nil) -> Failure {
        let offset = offset ?? position
        let reason = offset >= end ? JSONFault.endsEarly : reason
        return Failure(
            .invalidRequest,
            "The body is not valid JSON: \(reason.rawValue) at byte \(offset). "
                + "Send one JSON object in UTF-8.")
    }
}

/// What can be wrong with JSON text, in words that complete "The body is not valid JSON: …".
enum JSONFault: String, CaseIterable {
    case endsEarly = "the text ends too early"
    case expectedValue = "a value is expected"
    case expectedKey = "a member's name in double quotes is expected"
    case expectedColon = "a colon is expected"
    case expectedCommaOrEnd = "a comma or the end of the object or array is expected"
    case trailingBytes = "something follows the end of the document"
    case tooDeep = "more than 64 objects and arrays stand inside each other"
    case controlByte = "a control character stands unescaped in a string"
    case badEscape = "an escape in a string is unknown or incomplete"
    case loneSurrogate = "an escaped surrogate has no partner"
    case badUTF8 = "a string is not valid UTF-8"
    case badNumber = "a number is malformed"
    case byteOrderMark = "a byte order mark stands before the document"
}
