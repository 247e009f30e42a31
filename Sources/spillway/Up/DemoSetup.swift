import Commands
import Foundation
import Vocabulary
import Wire

/// Makes what a newcomer needs to get an answer: prices, a model, and a customer with credit and a
/// key. What is there already is left as it is.
struct DemoSetup {
    static let model = "tiny-llama-demo"
    private static let credit = "10"
    /// Tokens of prompt and answer together; the model was trained on less.
    private static let contextLength: Int64 = 4096
    private static let slots = 8

    let control: ControlAddress
    let data: DataDirectory
    let installation: Installation

    /// Answers the demo customer's key.
    func prepare() async throws -> String {
        try await applyPrices()
        try await addModel()
        if let key = PrivateFile.firstLine(of: data.demoKey) { return key }
        return try await makeKey()
    }

    private func applyPrices() async throws {
        let versions: [PriceVersionBody] = try await ask(ControlCall(.priceList))
        guard versions.isEmpty else { return }
        let text = try String(contentsOfFile: installation.demoPrices, encoding: .utf8)
        let body = PriceApplyBody(
            file: PriceFileBody(name: "prices/demo.yaml", text: text), unchecked: true)
        let _: PriceVersionBody = try await ask(
            ControlCall(.priceApply, body: body, idempotencyKey: "demo-prices"))
    }

    /// Adds the model, also again when the installation has moved.
    private func addModel() async throws {
        let models: [ModelBody] = try await ask(ControlCall(.modelList))
        if let present = models.first(where: { $0.name == Self.model }) {
            guard present.file != installation.demoModel else { return }
            let path = APIRoute.modelRemove.path(Self.model)
            let _: ModelBody = try await ask(ControlCall(.modelRemove, path: path))
        }
        let body = ModelAddBody(
            name: Self.model, gguf: installation.demoModel, priceAs: Self.model,
            capabilities: ["chat", "completions", "embeddings", "tools"],
            contextLength: Self.contextLength, maximumOutputTokens: Self.contextLength,
            slots: Self.slots)
        let _: ModelBody = try await ask(ControlCall(.modelAdd, body: body))
    }

    /// The customer is made once, however often this is cut short. A key whose secret got lost on
    /// the way is of no use to anybody, so a new one is made.
    private func makeKey() async throws -> String {
        let customer: CustomerBody = try await ask(
            ControlCall(
                .customerCreate,
                body: CustomerCreateBody(name: "demo", credit: Money(Self.credit)),
                idempotencyKey: "demo-customer"))
        let created: KeyCreatedBody = try await ask(
            ControlCall(
                .keyCreate, body: KeyCreateBody(project: customer.project, name: "demo"),
                idempotencyKey: "demo-key-\(RandomSource.system.next())"))
        try PrivateFile.write("Authorization: Bearer \(created.key)\n", to: data.demoHeader)
        try PrivateFile.write(created.key + "\n", to: data.demoKey)
        return created.key
    }

    private func ask<Answer: Decodable>(_ call: ControlCall) async throws -> Answer {
        let bytes = try await CommandEnvironment.process.send(control, call)
        return try JSONDecoder().decode(Answer.self, from: Data(bytes))
    }
}
