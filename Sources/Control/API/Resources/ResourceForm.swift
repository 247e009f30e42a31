import Vocabulary
import Wire

/// What AWS checks of names, tags and pages, by the rules of botocore's service model.
enum ResourceForm {
    /// The most tags that one resource has.
    static let maximumTags = 50

    /// Letters and digits, after each at most one of `separators`.
    static func requireName(
        _ text: String, _ field: String, upTo length: Int, separators: String = "_-",
        alsoIn: String = ""
    ) throws(Failure) {
        var follows = false
        let isRight = text.unicodeScalars.allSatisfy { scalar in
            let isLetter =
                scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || alsoIn.unicodeScalars.contains(scalar)
            defer { follows = isLetter }
            return isLetter || follows && separators.unicodeScalars.contains(scalar)
        }
        guard isRight, (1...length).contains(text.unicodeScalars.count) else {
            throw Failure(
                .invalidRequest,
                "'\(field)' has 1 to \(length) letters and digits, each followed by at most one of "
                    + "'\(separators)'.", parameter: field)
        }
    }

    /// A tag given twice is refused, as AWS does.
    static func tags(_ list: [ResourceTag]?) throws(Failure) -> [String: String] {
        var tags: [String: String] = [:]
        for tag in list ?? [] {
            try requireTag(tag.key, atLeast: 1, upTo: 128)
            try requireTag(tag.value, atLeast: 0, upTo: 256)
            guard tags.updateValue(tag.value, forKey: tag.key) == nil else {
                throw Failure(.invalidRequest, "A tag's key stands twice.", parameter: "tags")
            }
        }
        try requireFew(tags)
        return tags
    }

    static func requireFew(_ tags: [String: String]) throws(Failure) {
        guard tags.count <= maximumTags else {
            throw Failure(
                .invalidRequest, "A resource has \(maximumTags) tags at most.", parameter: "tags")
        }
    }

    static func list(_ tags: [String: String]) -> [ResourceTag] {
        tags.sorted { $0.key < $1.key }.map { ResourceTag(key: $0.key, value: $0.value) }
    }

    private static func requireTag(
        _ text: String, atLeast: Int, upTo: Int
    ) throws(Failure) {
        let isRight = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || " ._:/=+@-".unicodeScalars.contains(scalar)
        }
        guard isRight, (atLeast...upTo).contains(text.unicodeScalars.count) else {
            throw Failure(
                .invalidRequest,
                "A tag has letters, digits, blanks and '._:/=+@-': 1 to 128 as its key, 256 at "
                    + "most as its value.", parameter: "tags")
        }
    }

    /// One page of what is sorted by id, and the token that asks for the next.
    static func page<Item>(
        _ items: [Item], in query: [String: String], newestFirst: Bool = false,
        id: (Item) -> String, call: ResourceCall
    ) throws(Failure) -> (items: [Item], next: String?) {
        let limit = try call.whole("maxResults", 1...1000, in: query) ?? 100
        var rest = newestFirst ? items.reversed() : items
        if let token = query["nextToken"] {
            rest.removeAll { newestFirst ? id($0) >= token : id($0) <= token }
        }
        let page = Array(rest.prefix(limit))
        return (page, rest.count > limit ? page.last.map(id) : nil)
    }
}
