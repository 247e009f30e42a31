import Vocabulary

/// What begins at a cursor's position.
enum JSONKind {
    case string, number, object, array, bool, null
}

extension JSONCursor {
    /// What the value at the position is, by its first byte.
    @inline(__always)
    func kind() throws(Failure) -> JSONKind {
        switch current {
        case 0x22: return .string
        case 0x2D, 0x30...0x39: return .number
        case 0x7B: return .object
        case 0x5B: return .array
        case 0x74, 0x66: return .bool
        case 0x6E: return .null
        default: throw malformed(.expectedValue)
        }
    }

    /// Steps into the object or array whose opening byte is at the position.
    @inline(__always)
    mutating func enter() throws(Failure) {
        guard depth < Self.maximumDepth else { throw malformed(.tooDeep) }
        depth &+= 1
        position &+= 1
    }

    /// The next member's name inside an object, with the position at its value; nil, and the
    /// position behind the object, when there is none. `first` is true before the first call.
    @inline(__always)
    mutating func nextKey(_ first: inout Bool) throws(Failure) -> JSONString? {
        skipWhitespace()
        if current == 0x7D {
            position &+= 1
            depth &-= 1
            return nil
        }
        if !first {
            guard current == 0x2C else { throw malformed(.expectedCommaOrEnd) }
            position &+= 1
            skipWhitespace()
        }
        first = false
        return try key()
    }

    /// The member's name at the position, with the position moved to its value.
    @inline(__always)
    private mutating func key() throws(Failure) -> JSONString {
        guard current == 0x22 else { throw malformed(.expectedKey) }
        let name = try string()
        skipWhitespace()
        guard current == 0x3A else { throw malformed(.expectedColon) }
        position &+= 1
        skipWhitespace()
        return name
    }

    /// Whether an array has another element, with the position moved to it; otherwise the position
    /// is behind the array. `first` is true before the first call.
    @inline(__always)
    mutating func nextElement(_ first: inout Bool) throws(Failure) -> Bool {
        skipWhitespace()
        if current == 0x5D {
            position &+= 1
            depth &-= 1
            return false
        }
        if !first {
            guard current == 0x2C else { throw malformed(.expectedCommaOrEnd) }
            position &+= 1
            skipWhitespace()
        }
        first = false
        return true
    }

    /// Skips the value at the position, whatever it is.
    mutating func skipValue() throws(Failure) {
        // One bit for each object or array opened here: 1 for an object.
        var stack: UInt64 = 0
        var open = 0
        while true {
            switch current {
            case 0x22:
                position &+= 1
                _ = try finishString()
            case 0x7B, 0x5B:
                let isObject: UInt64 = current == 0x7B ? 1 : 0
                try enter()
                stack = stack << 1 | isObject
                open &+= 1
                skipWhitespace()
                if current == (isObject == 1 ? 0x7D : 0x5D) { break }
                if isObject == 1 { _ = try key() }
                continue
            default: try skipScalar()
            }
            // Behind a value, or at the end of an empty object or array.
            closing: while open > 0 {
                skipWhitespace()
                let isObject = stack & 1 == 1
                if current == 0x2C {
                    position &+= 1
                    skipWhitespace()
                    if isObject { _ = try key() }
                    break closing
                }
                guard current == (isObject ? 0x7D : 0x5D) else {
                    throw malformed(.expectedCommaOrEnd)
                }
                position &+= 1
                depth &-= 1
                stack >>= 1
                open &-= 1
            }
            if open == 0 { return }
        }
    }

    /// Skips the number, `true`, `false` or `null` at the position.
    @inline(__always)
    private mutating func skipScalar() throws(Failure) {
        switch current {
        case 0x74: try literal("true")
        case 0x66: try literal("false")
        case 0x6E: try literal("null")
        case 0x2D, 0x30...0x39: _ = try number()
        default: throw malformed(.expectedValue)
        }
    }

    /// Skips exactly this word.
    @inline(__always)
    mutating func literal(_ text: StaticString) throws(Failure) {
        let count = text.utf8CodeUnitCount
        guard position &+ count <= end else { throw malformed(.endsEarly, at: end) }
        for offset in 0..<count where byte(at: position &+ offset) != text.utf8Start[offset] {
            throw malformed(.expectedValue)
        }
        position &+= count
    }

    /// Reads `true` or `false`; the caller has looked at the kind.
    @inline(__always)
    mutating func bool() throws(Failure) -> Bool {
        let value = current == 0x74
        try literal(value ? "true" : "false")
        return value
    }

    /// Makes sure that nothing but blanks follows the document.
    mutating func finish() throws(Failure) {
        skipWhitespace()
        guard position == end else { throw malformed(.trailingBytes) }
    }
}
