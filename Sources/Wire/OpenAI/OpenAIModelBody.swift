package import Vocabulary

/// One model as `/v1/models` shows it.
package struct OpenAIModelCard: Hashable, Sendable {
    package var name: String
    package var createdAt: Instant
    package var ownedBy: String
    /// Tokens of prompt and answer together.
    package var contextLength: Int64
    /// Dollars per million tokens; classes that are not priced are left out.
    package var perMillion: [TokenClass: Money]

    package init(
        name: String, createdAt: Instant, ownedBy: String, contextLength: Int64,
        perMillion: [TokenClass: Money]
    ) {
        self.name = name
        self.createdAt = createdAt
        self.ownedBy = ownedBy
        self.contextLength = contextLength
        self.perMillion = perMillion
    }
}

/// The bodies of `/v1/models` and `/v1/models/{id}`.
package enum OpenAIModelBody {
    package static func list(_ cards: [OpenAIModelCard]) -> [UInt8] {
        var bytes = Array("{\"object\":\"list\",\"data\":[".utf8)
        for (index, card) in cards.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += single(card)
        }
        return bytes + Array("]}".utf8)
    }

    /// Prices are decimal strings in dollars per million tokens, so that no client rounds them.
    package static func single(_ card: OpenAIModelCard) -> [UInt8] {
        var bytes = Array("{\"id\":".utf8)
        JSONText.append(card.name, to: &bytes)
        bytes += Array(
            ",\"object\":\"model\",\"created\":\(card.createdAt.seconds),\"owned_by\":".utf8)
        JSONText.append(card.ownedBy, to: &bytes)
        bytes += Array(",\"context_length\":\(card.contextLength),\"pricing\":{".utf8)
        bytes += Array("\"currency\":\"USD\",\"per_million\":{".utf8)
        var prices: [String] = []
        for tokenClass in TokenClass.allCases {
            guard let price = card.perMillion[tokenClass] else { continue }
            prices.append("\"\(tokenClass.rawValue)\":\"\(price)\"")
        }
        return bytes + Array("\(prices.joined(separator: ","))}}}".utf8)
    }
}
