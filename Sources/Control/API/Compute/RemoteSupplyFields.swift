import Fleet
import Vocabulary

/// Reads `remote` of a supplier in an inventory file: a server that sells tokens.
enum RemoteSupplyFields {
    static let known = ["url", "key_file", "requests", "daily_cap", "monthly_cap", "models"]
    private static let prices: [(field: String, tokenClass: TokenClass)] = [
        ("input", .input), ("cached_input", .cacheRead), ("cache_write", .cacheWrite),
        ("output", .output), ("reasoning", .reasoning), ("embedding", .embedding),
    ]
    private static let standardRequests: Int64 = 16

    static func read(_ fields: InventoryFields) throws(Failure) -> RemoteSupply {
        let url = try fields.text("url")
        do throws(Failure) { _ = try RemotePlace(url) } catch {
            throw fields.failure("url", error.message)
        }
        var models: [RemoteModel] = []
        for entry in try fields.list(
            "models", known: ["model", "upstream_model", "queue"] + prices.map(\.field))
        {
            let model = try self.model(entry)
            guard !models.contains(where: { $0.model == model.model }) else {
                throw entry.failure("model", "there are two entries of '\(model.model)'. Keep one.")
            }
            models.append(model)
        }
        guard !models.isEmpty else {
            throw fields.failure("models", "\(fields.subject) lacks 'models': name one at least.")
        }
        return RemoteSupply(
            baseURL: url,
            keyFile: try fields.optional("key_file", "an absolute path") {
                $0.hasPrefix("/") ? $0 : nil
            },
            requests: Int(try fields.optionalWhole("requests", 1...100_000) ?? standardRequests),
            dailyCap: fields.has("daily_cap") ? try fields.money("daily_cap") : nil,
            monthlyCap: fields.has("monthly_cap") ? try fields.money("monthly_cap") : nil,
            models: models)
    }

    private static func model(_ entry: InventoryFields) throws(Failure) -> RemoteModel {
        let name = try entry.text("model")
        var perMillion: [TokenClass: Money] = [:]
        for (field, tokenClass) in prices where entry.has(field) {
            let price = try entry.money(field)
            guard price.units % 1_000_000 == 0 else {
                throw entry.failure(field, "'\(field)' has more than 12 decimals. Round it.")
            }
            perMillion[tokenClass] = price
        }
        guard (perMillion[.input] == nil) == (perMillion[.output] == nil), !perMillion.isEmpty
        else {
            throw entry.failure(
                "model",
                "what \(name) costs there is 'input' and 'output', or 'embedding', in dollars per "
                    + "million tokens.")
        }
        // What is left out is never taken for free.
        perMillion[.cacheRead] = perMillion[.cacheRead] ?? perMillion[.input]
        perMillion[.cacheWrite] = perMillion[.cacheWrite] ?? perMillion[.input]
        perMillion[.reasoning] = perMillion[.reasoning] ?? perMillion[.output]
        return RemoteModel(
            model: name, upstreamModel: try entry.optionalText("upstream_model"),
            perMillion: perMillion, queue: Int(try entry.optionalWhole("queue", 0...100_000) ?? 0))
    }
}
