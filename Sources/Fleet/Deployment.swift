package import Vocabulary

/// What software runs a model, as far as its callers can tell the difference.
package enum EngineKind: String, Codable, Sendable, CaseIterable {
    /// llama.cpp's server: running counts by `timings_per_token`, its own counters at `/metrics`.
    case llamaCpp = "llama.cpp"
    /// vLLM or SGLang: running counts by `continuous_usage_stats`.
    case vLLM = "vllm"
    /// Any other OpenAI-compatible base URL: only the final `usage` is known.
    case openAI = "openai"
}

package enum Capability: String, Codable, Sendable, CaseIterable {
    case chat, completions, embeddings, images, tools
}

/// A model under the name by which customers call it, and how it is served.
package struct Deployment: Hashable, Codable, Sendable {
    package var model: String
    package var engine: EngineKind
    /// Where the weights are (`.llamaCpp`): an absolute path.
    package var modelFile: String?
    /// Where a server that somebody else runs is reached: `https://host/v1`.
    package var baseURL: String?
    /// The file with that server's API key, mode 0600: an absolute path. Never the key itself.
    package var keyFile: String?
    /// The supplier in the inventory whose server answers, under the supplier's caps; nil: ours,
    /// or that of `baseURL`.
    package var supplier: SupplierName?
    /// The name under which the engine knows the model, if it differs.
    package var upstreamModel: String?
    /// The price book's entry by which it is charged; often the model's own name.
    package var priceAs: String
    package var capabilities: Set<Capability>
    /// Tokens of prompt and answer together.
    package var contextLength: Int64
    /// The most tokens that one answer may have.
    package var maximumOutputTokens: Int64
    /// Requests that one replica works on at a time.
    package var slots: Int
    package var createdAt: Instant

    package init(
        model: String, engine: EngineKind, modelFile: String? = nil, baseURL: String? = nil,
        keyFile: String? = nil, supplier: SupplierName? = nil, upstreamModel: String? = nil,
        priceAs: String,
        capabilities: Set<Capability>, contextLength: Int64, maximumOutputTokens: Int64, slots: Int,
        createdAt: Instant
    ) {
        self.model = model
        self.engine = engine
        self.modelFile = modelFile
        self.baseURL = baseURL
        self.keyFile = keyFile
        self.supplier = supplier
        self.upstreamModel = upstreamModel
        self.priceAs = priceAs
        self.capabilities = capabilities
        self.contextLength = contextLength
        self.maximumOutputTokens = maximumOutputTokens
        self.slots = slots
        self.createdAt = createdAt
    }
}

/// Where a replica is reached.
package enum EngineAddress: Hashable, Codable, Sendable {
    case unixSocket(path: String)
    case tcp(host: String, port: Int, tls: Bool)
}

/// Life of a replica: starting → ready ⇄ unhealthy → draining → stopped.
package enum ReplicaState: String, Codable, Sendable {
    case starting, ready, unhealthy, draining, stopped
}

/// What the capacity side tells the request path about one running copy of a model.
package struct ReplicaSnapshot: Hashable, Codable, Sendable {
    package var replica: ReplicaID
    package var model: String
    package var engine: EngineKind
    package var address: EngineAddress
    /// Stands before `/chat/completions`: `/v1` or what the base URL says.
    package var pathPrefix: String
    package var state: ReplicaState
    package var slots: Int

    package init(
        replica: ReplicaID, model: String, engine: EngineKind, address: EngineAddress,
        pathPrefix: String, state: ReplicaState, slots: Int
    ) {
        self.replica = replica
        self.model = model
        self.engine = engine
        self.address = address
        self.pathPrefix = pathPrefix
        self.state = state
        self.slots = slots
    }
}
