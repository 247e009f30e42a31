import Vocabulary
package import Wire

package protocol ResponseDesk: Sendable {
    /// A response that is kept for the project; throws `notFound` of any other.
    func response(_ identifier: String, _ identity: CustomerIdentity) async throws -> StoredResponse
    func removeResponse(_ identifier: String, _ identity: CustomerIdentity) async throws
}

/// OpenAI's responses that are kept.
extension ResourceAPI {
    /// Responses that one goes on from, one after the other; a longer conversation is refused.
    private static let longestChain = 1000

    func responses(_ call: ResourceCall) async throws -> APIResponse {
        let identifier = call.text("id")
        switch call.operation {
        case .deleteResponse:
            try await desk.removeResponse(identifier, call.identity)
            return try .json(DeletedResponse(id: identifier))
        case .listInputItems:
            let isWhole = call.header(CustomerHeader.conversation) == "whole"
            let items = try await conversation(of: identifier, call, withAnswer: isWhole)
            return .document(isWhole ? Self.joined(items) : try page(items, call))
        default:
            if try call.query()["stream"] == "true" {
                throw Failure(
                    .unsupported, "A response that is kept is given whole: leave `stream` out.",
                    parameter: "stream")
            }
            return .document(try await desk.response(identifier, call.identity).response)
        }
    }

    private struct DeletedResponse: Encodable {
        var id: String
        var object = "response"
        var deleted = true
    }

    /// All that a response was made of, the oldest item first.
    private func conversation(
        of identifier: String, _ call: ResourceCall, withAnswer: Bool
    ) async throws -> [ResponseItem] {
        var parts: [[ResponseItem]] = []
        var next: String? = identifier
        while let current = next {
            guard parts.count < 2 * Self.longestChain else {
                throw Failure(
                    .invalidRequest,
                    "The conversation has over \(Self.longestChain) responses. Begin a new one.",
                    parameter: "previous_response_id")
            }
            let stored = try await desk.response(current, call.identity)
            parts.append(
                current == identifier && !withAnswer ? [] : try stored.outputItems())
            parts.append(try stored.inputItems(of: current))
            next = stored.previous
        }
        return parts.reversed().flatMap(\.self)
    }

    private static func joined(_ items: [ResponseItem]) -> [UInt8] {
        Array(items.map(\.json).joined(separator: [UInt8(ascii: ",")]))
    }

    private func page(_ all: [ResponseItem], _ call: ResourceCall) throws(Failure) -> [UInt8] {
        let query = try call.query()
        let limit = try call.whole("limit", 1...100, in: query) ?? 20
        let order = try call.choice("order", of: ["asc", "desc"], in: query) ?? "desc"
        var items = order == "asc" ? all[...] : ArraySlice(all.reversed())
        if let after = query["after"] {
            guard let index = items.firstIndex(where: { $0.identifier == after }) else {
                throw Failure(
                    .invalidRequest, "No item has the id that `after` names.", parameter: "after")
            }
            items = items[(index + 1)...]
        }
        let shown = Array(items.prefix(limit))
        var bytes = Array("{\"object\":\"list\",\"data\":[".utf8)
        bytes += Self.joined(shown)
        bytes += Array("],\"first_id\":".utf8)
        bytes += JSONText.quoted(orNull: shown.first?.identifier)
        bytes += Array(",\"last_id\":".utf8)
        bytes += JSONText.quoted(orNull: shown.last?.identifier)
        bytes += Array(",\"has_more\":\(items.count > shown.count)}".utf8)
        return bytes
    }
}
