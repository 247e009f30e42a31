import CapacityPath
import Fleet
import Foundation
import Metering
import Pricing
import Records
import Vocabulary
package import Wire

/// What is for sale: models and prices.
extension ControlService {
    /// Taken where a deployment does not say and nobody can be asked.
    static let assumedContextLength: Int64 = 4096
    static let assumedSlots = 4
    static let assumedCapabilities: Set<Capability> = [.chat, .completions, .tools]

    package func models() async throws -> [ModelBody] {
        directory.served.map(body(of:)).sorted { left, right in
            let first = left.capabilities.contains(Capability.chat.rawValue)
            let second = right.capabilities.contains(Capability.chat.rawValue)
            return first == second ? left.name < right.name : first
        }
    }

    package func addModel(_ body: ModelAddBody) async throws -> ModelBody {
        let now = clock.now()
        let entry = try body.priceFile.map {
            try PriceFileYAML.read(name: $0.name, text: $0.text, purpose: .entry)
        }
        let deployment = try Self.deployment(body, at: now)
        try requireSupplied(deployment)
        try transact { records in
            if let entry {
                let book = try entry.extending(
                    directory.priceBooks.last?.book, with: body.name, at: now)
                try append(book, records)
            }
            try add(deployment, records)
        }
        deploymentsChanged()
        return self.body(of: deployment)
    }

    /// - Throws: where the supplier that is to answer does not say that it does.
    private func requireSupplied(_ deployment: Deployment) throws(Failure) {
        guard let name = deployment.supplier else { return }
        let supply = remoteSupply(name)
        guard let supply, supply.models.contains(where: { $0.model == deployment.model }) else {
            throw Failure(
                .invalidRequest,
                (supply == nil
                    ? "The inventory has no supplier \(name) that sells tokens."
                    : "The inventory does not say what \(deployment.model) costs at \(name).")
                    + " Declare it there, with its prices and caps.", parameter: "supplier")
        }
    }

    func add(_ deployment: Deployment, _ records: any Recorder) throws {
        let name = deployment.model
        if directory.served.contains(where: { $0.model == name }) {
            throw Failure(
                .conflict, "\(name) is served already; remove it first ('spillway model remove').",
                parameter: "name")
        }
        // Usage names the model alone: one name has one entry of the price book, for good.
        if let earlier = directory.deployments.last(where: { $0.deployment.model == name }),
            earlier.deployment.priceAs != deployment.priceAs
        {
            throw Failure(
                .conflict,
                "\(name) was charged as \(earlier.deployment.priceAs) before. Keep that price, or "
                    + "give the model another name.", parameter: "price_as")
        }
        guard
            directory.priceBooks.contains(where: { $0.book.models[deployment.priceAs] != nil })
        else {
            throw Failure(
                .invalidRequest,
                "The price book has no entry '\(deployment.priceAs)'. 'spillway price show' lists "
                    + "all; '--price FILE' adds one.", parameter: "price_as")
        }
        if let price = directory.priceBook(at: clock.now())?.models[deployment.priceAs] {
            try requireCovered(deployment, price)
        }
        let row = DeploymentRow(
            sequence: (directory.deployments.last?.sequence ?? 0) + 1, deployment: deployment)
        try records.insert(row)
        directory.deployments.append(row)
    }

    package func removeModel(_ name: String) async throws -> ModelBody {
        guard
            let index = directory.deployments.firstIndex(where: {
                $0.removedAt == nil && $0.deployment.model == name
            })
        else {
            throw Failure(
                .notFound, "No model '\(name)' is served; 'spillway model list' shows all.")
        }
        let now = clock.now()
        try transactCapacity { records in
            try records.removeDeployment(directory.deployments[index].sequence, at: now)
            directory.deployments[index].removedAt = now
            if var scaled = rental.path.scaledModels.first(where: { $0.model == name }) {
                scaled.scale = nil
                try fold(.replicasScaled(scaled), records)
            }
        }
        deploymentsChanged()
        var removed = body(of: directory.deployments[index].deployment)
        removed.state = .stopped
        return removed
    }

    private static func deployment(
        _ body: ModelAddBody, at now: Instant
    ) throws(Failure) -> Deployment {
        let name = try checkedName(body.name)
        let places = [body.gguf != nil, body.url != nil, body.supplier != nil]
        guard places.count(where: { $0 }) == 1 else {
            throw Failure(
                .invalidRequest, "Give one of 'gguf', 'url' and 'supplier'.", parameter: "gguf")
        }
        guard (body.priceAs == nil) != (body.priceFile == nil) else {
            throw Failure(
                .invalidRequest, "Give either 'price_as' or 'price_file'.", parameter: "price_as")
        }
        if let url = body.url { _ = try RemotePlace(url) }
        for (field, path) in [("gguf", body.gguf), ("key_file", body.keyFile)] {
            guard let path else { continue }
            guard path.hasPrefix("/"), FileManager.default.isReadableFile(atPath: path) else {
                throw Failure(
                    .invalidRequest,
                    "'\(path)' cannot be read on this machine; give an absolute path.",
                    parameter: field)
            }
        }
        let context = body.contextLength ?? assumedContextLength
        let output = body.maximumOutputTokens ?? context
        let slots = body.slots ?? assumedSlots
        guard context > 0, output > 0, output <= context, slots > 0 else {
            throw Failure(
                .invalidRequest,
                "Context length, output tokens and slots are above zero, and an answer is no "
                    + "longer than the context.", parameter: "context_length")
        }
        return Deployment(
            model: name, engine: try engine(of: body), modelFile: body.gguf,
            baseURL: body.url, keyFile: body.keyFile, supplier: body.supplier,
            upstreamModel: body.upstreamModel,
            priceAs: body.priceAs ?? name, capabilities: try capabilities(body.capabilities),
            contextLength: context, maximumOutputTokens: output, slots: slots, createdAt: now)
    }

    private static func engine(of body: ModelAddBody) throws(Failure) -> EngineKind {
        guard let engine = body.engine else { return body.gguf == nil ? .openAI : .llamaCpp }
        switch engine {
        case "openai" where body.url != nil: return .openAI
        case "vllm" where body.url != nil: return .vLLM
        default:
            throw Failure(
                .invalidRequest,
                "'engine' goes with 'url' and is 'openai' or 'vllm' (which is also SGLang).",
                parameter: "engine")
        }
    }

    private static func capabilities(_ names: [String]?) throws(Failure) -> Set<Capability> {
        guard let names, !names.isEmpty else { return assumedCapabilities }
        var result: Set<Capability> = []
        for name in names {
            guard let capability = Capability(rawValue: name) else {
                throw Failure(
                    .invalidRequest,
                    "'\(name)' is no capability. Known are "
                        + Capability.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                    parameter: "capabilities")
            }
            result.insert(capability)
        }
        return result
    }

    private func body(of deployment: Deployment) -> ModelBody {
        let running = replicas.filter { $0.model == deployment.model }
        var body = ModelBody(
            name: deployment.model, engine: deployment.engine.rawValue,
            capabilities: Capability.allCases.filter(deployment.capabilities.contains)
                .map(\.rawValue),
            state: state(of: deployment, running),
            problem: problem(of: deployment.model), priceAs: deployment.priceAs,
            contextLength: deployment.contextLength,
            maximumOutputTokens: deployment.maximumOutputTokens, slots: deployment.slots,
            replicas: running.count, file: deployment.modelFile, url: deployment.baseURL,
            supplier: deployment.supplier, upstreamModel: deployment.upstreamModel,
            createdAt: deployment.createdAt)
        describeReplicas(running, in: &body)
        return body
    }

    func state(of deployment: Deployment, _ running: [ReplicaSnapshot]) -> ModelBody.State {
        let price = directory.priceBook(at: clock.now())?.models[deployment.priceAs]
        if price == nil { return .withoutPrice }
        if running.contains(where: { $0.state == .ready }) { return .ready }
        if let name = deployment.supplier {
            let models = remoteSupply(name)?.models ?? []
            return models.contains { $0.model == deployment.model } ? .ready : .stopped
        }
        if rental.path.replicaPlan(of: deployment.model)?.wanted == 0 { return .asleep }
        if running.isEmpty || running.contains(where: { $0.state == .starting }) {
            return .starting
        }
        return running.contains { $0.state == .unhealthy } ? .unhealthy : .stopped
    }

    // MARK: Prices

    package func prices() async throws -> [PriceVersionBody] {
        let current = directory.priceBook(at: clock.now())?.version
        return directory.priceBooks.reversed().map { row in
            PriceReview.body(
                row.book, appliedAt: row.appliedAt, inForce: row.book.version == current)
        }
    }

    package func prices(version: Int64?) async throws -> PriceVersionBody {
        let current = directory.priceBook(at: clock.now())?.version
        guard let wanted = version ?? current,
            let row = directory.priceBooks.first(where: { $0.book.version == wanted })
        else {
            throw Failure(
                .notFound, "There is no such version; 'spillway price list' shows all.")
        }
        return PriceReview.body(
            row.book, appliedAt: row.appliedAt, inForce: row.book.version == current)
    }

    /// Against last month's usage, or this month's where there was none.
    package func checkPrices(_ file: PriceFileBody) async throws -> PriceCheckBody {
        await settleDown(recalling: [])
        let now = clock.now()
        let proposed = try PriceFileYAML.read(name: file.name, text: file.text)
            .book(after: directory.priceBooks.last?.book)
        let current = directory.priceBook(at: now)
        let month = BillingPeriod(containing: now)
        var period = month.previous.start..<month.start
        var usage = try pricedUsage(in: period)
        var rented = try pricedCapacity(in: period)
        if usage.isEmpty, rented.isEmpty {
            period = month.start..<max(now, month.start + .microseconds(1))
            usage = try pricedUsage(in: period)
            rented = try pricedCapacity(in: period)
        }
        let comparison = PriceComparison(
            usage: usage, rented: rented,
            served: directory.served.map { ServedModel(model: $0.model, priceAs: $0.priceAs) },
            current: current, proposed: proposed, at: now)
        return PriceReview.check(
            comparison, belowFloor: belowFloor(proposed).map(\.message), proposed: proposed,
            current: current, period: period,
            names: directory.organizations.mapValues(\.name))
    }

    private func pricedUsage(in period: Range<Instant>) throws -> [PricedUsage] {
        struct Group: Hashable {
            var customer: OrganizationID
            var model: String
            var priceAs: String
            var tier: ServiceTier
        }
        var rows: [Group: PricedUsage] = [:]
        let filter = UsageFilter(from: period.lowerBound, to: period.upperBound)
        try records.read { records in
            try records.eachUsage(filter) { row in
                let opened = row.event.opened
                let group = Group(
                    customer: opened.organization, model: opened.model, priceAs: row.priceAs,
                    tier: opened.tier)
                var sum =
                    rows[group]
                    ?? PricedUsage(
                        customer: opened.organization, model: opened.model, priceAs: row.priceAs,
                        tier: opened.tier, requests: 0, counts: .zero)
                sum.requests += 1
                sum.counts += row.event.billed
                rows[group] = sum
            }
        }
        return Array(rows.values)
    }

    package func applyPrices(
        _ body: PriceApplyBody, idempotency: String?
    ) async throws -> PriceVersionBody {
        let applied = try once("price.apply", body, key: idempotency) { records in
            let now = clock.now()
            let proposed = try PriceFileYAML.read(name: body.file.name, text: body.file.text)
                .book(after: directory.priceBooks.last?.book)
            try PriceReview.requireConfirmation(
                body, proposed: proposed, current: directory.priceBook(at: now))
            if let refusal = belowFloor(proposed).first { throw refusal }
            let row = try append(proposed, records)
            return PriceReview.body(
                row.book, appliedAt: row.appliedAt,
                inForce: directory.priceBook(at: now)?.version == row.book.version)
        }
        snapshotChanged()
        declareMarketsIfChanged()
        return applied
    }

    /// A version after the first takes effect no earlier than it is applied.
    @discardableResult
    func append(_ book: PriceBook, _ records: any Recorder) throws -> PriceBookRow {
        let now = clock.now()
        var row = PriceBookRow(book: book, appliedAt: now)
        if let last = directory.priceBooks.last?.book {
            guard book.version > last.version else {
                throw Failure(
                    .conflict, "Version \(last.version) is there already; versions grow.",
                    parameter: "version")
            }
            row.book.effective = max(book.effective, max(now, last.effective))
        }
        try records.insert(row)
        directory.priceBooks.append(row)
        return row
    }
}
