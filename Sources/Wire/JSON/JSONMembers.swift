import Vocabulary

/// One value of a document whose syntax has been checked: what it is, and where it stands.
struct JSONValue {
    let kind: JSONKind
    /// Of a string: with its quotes.
    let range: Range<Int>

    /// A string's content as it is written, escapes and all.
    var content: Range<Int> { range.lowerBound &+ 1..<range.upperBound &- 1 }
    /// A string that holds nothing.
    var isEmptyString: Bool { kind == .string && range.count == 2 }
}

struct JSONMember {
    let name: JSONString
    let value: JSONValue
}

/// Objects taken apart, for documents that are written anew: allocates one list for each object.
extension JSONCursor {
    /// Reads the value at the position.
    mutating func value() throws(Failure) -> JSONValue {
        let kind = try kind()
        let start = position
        try skipValue()
        return JSONValue(kind: kind, range: start..<position)
    }

    /// The members of an object that `value` has read.
    func members(of object: JSONValue) throws(Failure) -> [JSONMember] {
        var inner = self
        inner.position = object.range.lowerBound
        inner.depth = 0
        try inner.enter()
        var members: [JSONMember] = []
        var first = true
        while let name = try inner.nextKey(&first) {
            members.append(JSONMember(name: name, value: try inner.value()))
        }
        return members
    }

    /// The elements of an array that `value` has read.
    func elements(of array: JSONValue) throws(Failure) -> [JSONValue] {
        var inner = self
        inner.position = array.range.lowerBound
        inner.depth = 0
        try inner.enter()
        var elements: [JSONValue] = []
        var first = true
        while try inner.nextElement(&first) { elements.append(try inner.value()) }
        return elements
    }

    /// A value that must be a string, read; of any other kind nothing.
    func text(_ value: JSONValue) -> JSONString {
        guard value.kind == .string else {
            let start = value.range.lowerBound
            return JSONString(start: start, end: start, escaped: false)
        }
        return JSONString(
            start: value.content.lowerBound, end: value.content.upperBound, escaped: true)
    }

    func isText(_ value: JSONValue, _ text: StaticString) -> Bool {
        value.kind == .string && matches(self.text(value), text)
    }

    /// A value that must be a number, read.
    func number(_ value: JSONValue) throws(Failure) -> JSONNumber {
        var inner = self
        inner.position = value.range.lowerBound
        return try inner.number()
    }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}

extension [JSONMember] {
    /// The value of a member; nil if it is missing or null.
    func value(_ name: StaticString, in cursor: JSONCursor) -> JSONValue? {
        for member in self where cursor.matches(member.name, name) {
            return member.value.kind == .null ? nil : member.value
        }
        return nil
    }
}
