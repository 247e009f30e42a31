import ArgumentParser
import Vocabulary
import Wire

struct ModelAdd: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Serve a model: weights on this machine, or somebody's server.",
        discussion: """
            A model without a price is not served. '--price-as' charges it like an entry of the
            price book; '--price' adds the entry NAME of a price file to the price book, as a new
            version.

            Examples:
              spillway model add qwen3-8b --gguf ./qwen3-8b-q4_k_m.gguf --price-as tiny-llama-demo
              spillway model add big --url https://llm.example.com/v1 --key-file ./supplier.key \\
                --upstream-model llama-3.3-70b --price prices/big.yaml
              spillway model add other --supplier tokens-inc --price prices/other.yaml
            """)

    @Argument(help: "The name by which customers call it.")
    var name: String

    @Option(help: ArgumentHelp("Weights in a file on control's machine.", valueName: "file"))
    var gguf: String?

    @Option(
        help: ArgumentHelp(
            "A server that speaks the OpenAI dialect, up to and with /v1.", valueName: "base-url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "A supplier of tokens in the inventory, under whose caps it is.", valueName: "name"))
    var supplier: SupplierName?

    @Option(
        help: ArgumentHelp(
            "What runs at --url: openai, any such server, or vllm, which is also SGLang. The latter "
                + "is told whose prompts it may use again.", valueName: "kind"))
    var engine: String?

    @Option(
        help: ArgumentHelp("The file with that server's key, mode 0600.", valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp("The model's name at that server.", valueName: "model"))
    var upstreamModel: String?

    @Option(help: ArgumentHelp("Charge it like this entry.", valueName: "model"))
    var priceAs: String?

    @Option(help: ArgumentHelp("A price file with an entry for it.", valueName: "file"))
    var price: String?

    @Option(
        help: ArgumentHelp(
            "Prompt and answer together; asked of the engine if left out.", valueName: "tokens"))
    var contextLength: Int64?

    @Option(help: ArgumentHelp("The longest answer.", valueName: "tokens"))
    var maximumOutput: Int64?

    @Option(
        help: ArgumentHelp("Requests that it works on at a time.", valueName: "number"))
    var slots: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "chat, completions, embeddings, images, tools; found out if left out.",
            valueName: "capability"))
    var can: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard [gguf != nil, url != nil, supplier != nil].count(where: { $0 }) == 1 else {
            throw ValidationError(
                "Name exactly one of --gguf FILE, --url BASE_URL and --supplier NAME.")
        }
        if (priceAs == nil) == (price == nil) {
            throw ValidationError("Name exactly one of --price-as MODEL and --price FILE.")
        }
        if url == nil, keyFile != nil || upstreamModel != nil || engine != nil {
            throw ValidationError("--engine, --key-file and --upstream-model go with --url.")
        }
    }

    func run() async throws {
        let body = ModelAddBody(
            name: name, gguf: gguf.map(environment.absolute), url: url, engine: engine,
            keyFile: keyFile.map(environment.absolute), supplier: supplier,
            upstreamModel: upstreamModel, priceAs: priceAs,
            priceFile: try price.map { path in
                PriceFileBody(name: path, text: try environment.readFile(path))
            },
            capabilities: can.isEmpty ? nil : can, contextLength: contextLength,
            maximumOutputTokens: maximumOutput, slots: slots)
        try await show(try ControlCall(.modelAdd, body: body), ModelBody.self) { model, text in
            text.model(model)
        }
    }
}

extension CommandEnvironment {
    /// A path as control can use it, wherever control runs.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : workingDirectory + "/" + path
    }
}
