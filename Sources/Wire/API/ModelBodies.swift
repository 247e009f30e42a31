package import Vocabulary

/// A model, how it is served and whether it is.
package struct ModelBody: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// At least one replica takes requests.
        case ready
        /// Replicas start; the first is not up yet.
        case starting
        /// Replicas exist and none answers.
        case unhealthy
        case stopped
        /// It has no replica because nobody asks for it; the next request brings one.
        case asleep
        /// The price book in force has no price for it: it is not served.
        case withoutPrice = "without_price"
    }

    package var name: String
    /// `llama.cpp`, `vllm` or `openai`.
    package var engine: String
    package var capabilities: [String]
    package var state: State
    /// Why it is not ready, for people.
    package var problem: String?
    package var priceAs: String
    package var contextLength: Int64
    package var maximumOutputTokens: Int64
    /// Requests that one replica works on at a time.
    package var slots: Int
    package var replicas: Int
    package var file: String?
    package var url: String?
    package var supplier: SupplierName?
    package var upstreamModel: String?
    /// Bounds of the number of its replicas; nil: it has one, always.
    package var scale: ModelScaleBody?
    /// Replicas that it shall have, that take requests, that are still to come, and that end when
    /// what is under way has ended. nil where somebody else serves it.
    package var replicasWanted: Int?
    package var replicasReady: Int?
    package var replicasWarming: Int?
    package var replicasDraining: Int?
    /// Requests that wait for a place.
    package var waiting: Int?
    /// Why so many are wanted, for people.
    package var reason: String?
    package var createdAt: Instant

    package enum CodingKeys: String, CodingKey {
        case name, engine, capabilities, state, problem, slots, replicas, file, url, supplier, scale
        case waiting, reason
        case replicasWanted = "replicas_wanted"
        case replicasReady = "replicas_ready"
        case replicasWarming = "replicas_warming"
        case replicasDraining = "replicas_draining"
        case priceAs = "price_as"
        case contextLength = "context_length"
        case maximumOutputTokens = "maximum_output_tokens"
        case upstreamModel = "upstream_model"
        case createdAt = "created_at"
    }

    package init(
        name: String, engine: String, capabilities: [String], state: State, problem: String? = nil,
        priceAs: String, contextLength: Int64, maximumOutputTokens: Int64, slots: Int,
        replicas: Int, file: String? = nil, url: String? = nil, supplier: SupplierName? = nil,
        upstreamModel: String? = nil, createdAt: Instant
    ) {
        self.name = name
        self.engine = engine
        self.capabilities = capabilities
        self.state = state
        self.problem = problem
        self.priceAs = priceAs
        self.contextLength = contextLength
        self.maximumOutputTokens = maximumOutputTokens
        self.slots = slots
        self.replicas = replicas
        self.file = file
        self.url = url
        self.supplier = supplier
        self.upstreamModel = upstreamModel
        self.createdAt = createdAt
    }
}

/// How many replicas a model may have. What is left out stays as it was.
package struct ModelScaleBody: APIRequestBody, Hashable {
    package var minimum: Int
    package var maximum: Int
    /// Seconds without a request after which the last replica goes, where the minimum is nought.
    package var idleToZeroSeconds: Int64?
    /// Seconds that a replica stays from its order on, unless these bounds are changed.
    package var minimumStaySeconds: Int64?
    /// Seconds that a request waits at most while no replica is ready.
    package var warmUpWaitSeconds: Int64?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case minimum, maximum
        case idleToZeroSeconds = "idle_to_zero_seconds"
        case minimumStaySeconds = "minimum_stay_seconds"
        case warmUpWaitSeconds = "warm_up_wait_seconds"
    }

    package init(
        minimum: Int, maximum: Int, idleToZeroSeconds: Int64? = nil,
        minimumStaySeconds: Int64? = nil, warmUpWaitSeconds: Int64? = nil
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.idleToZeroSeconds = idleToZeroSeconds
        self.minimumStaySeconds = minimumStaySeconds
        self.warmUpWaitSeconds = warmUpWaitSeconds
    }
}

/// Exactly one of `gguf`, `url` and `supplier`, and exactly one of `priceAs` and `priceFile`.
package struct ModelAddBody: APIRequestBody, Hashable {
    package var name: String
    /// Weights on control's machine: an absolute path.
    package var gguf: String?
    /// The base URL of a server that speaks the OpenAI dialect: `https://host/v1`.
    package var url: String?
    /// What runs behind `url`: `openai`, any such server, or `vllm`, which is also SGLang: each
    /// organization's prompts are kept apart in its cache. `openai` unless given.
    package var engine: String?
    /// The file with that server's key, mode 0600: an absolute path. Never the key itself.
    package var keyFile: String?
    /// A supplier in the inventory that answers for it, under its caps.
    package var supplier: SupplierName?
    package var upstreamModel: String?
    /// The entry of the price book by which it is charged.
    package var priceAs: String?
    /// A price file whose entry of this name is added to the price book as a new version.
    package var priceFile: PriceFileBody?
    /// `chat`, `completions`, `embeddings`, `images`, `tools`; nil asks the engine.
    package var capabilities: [String]?
    /// Tokens of prompt and answer together; nil asks the engine.
    package var contextLength: Int64?
    package var maximumOutputTokens: Int64?
    package var slots: Int?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, gguf, url, engine, supplier, capabilities, slots
        case keyFile = "key_file"
        case upstreamModel = "upstream_model"
        case priceAs = "price_as"
        case priceFile = "price_file"
        case contextLength = "context_length"
        case maximumOutputTokens = "maximum_output_tokens"
    }

    package init(
        name: String, gguf: String? = nil, url: String? = nil, engine: String? = nil,
        keyFile: String? = nil, supplier: SupplierName? = nil, upstreamModel: String? = nil,
        priceAs: String? = nil,
        priceFile: PriceFileBody? = nil, capabilities: [String]? = nil, contextLength: Int64? = nil,
        maximumOutputTokens: Int64? = nil, slots: Int? = nil
    ) {
        self.name = name
        self.gguf = gguf
        self.url = url
        self.engine = engine
        self.keyFile = keyFile
        self.supplier = supplier
        self.upstreamModel = upstreamModel
        self.priceAs = priceAs
        self.priceFile = priceFile
        self.capabilities = capabilities
        self.contextLength = contextLength
        self.maximumOutputTokens = maximumOutputTokens
        self.slots = slots
    }
}
