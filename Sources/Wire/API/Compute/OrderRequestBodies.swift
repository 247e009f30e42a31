package import Vocabulary

/// What happens to a spot job that is taken back.
package enum OnReclaimBody: String, Codable, Sendable, CaseIterable { case requeue, end }

/// Work that ends.
package struct JobSubmitBody: APIRequestBody, Hashable {
    package var ask: CapacityAskBody
    /// For people; the program's name unless said otherwise.
    package var name: String?
    /// The program and its arguments; no shell.
    package var command: [String]
    package var environment: [String: String]?
    /// What the work finds in `/workspace`: contents in base64, by relative path.
    package var files: [String: String]?
    package var volumes: [VolumeMountBody]?
    /// Seconds after which the job is stopped; a day unless said otherwise.
    package var maximumRunTime: Int64?
    /// How often it is started again after it failed by itself; 0 unless said otherwise.
    package var retries: Int?
    /// Copies, each a gang of its own, told apart by `SPILLWAY_ARRAY_INDEX`; 1 unless said
    /// otherwise.
    package var arraySize: Int?
    package var onReclaim: OnReclaimBody?

    package enum OwnKeys: String, CodingKey, CaseIterable {
        case name, command, environment, files, volumes, retries
        case maximumRunTime = "max_seconds"
        case arraySize = "array"
        case onReclaim = "on_reclaim"
    }
    package typealias CodingKeys = AskKeys<OwnKeys>

    package init(
        ask: CapacityAskBody, name: String? = nil, command: [String],
        environment: [String: String]? = nil, files: [String: String]? = nil,
        volumes: [VolumeMountBody]? = nil, maximumRunTime: Int64? = nil, retries: Int? = nil,
        arraySize: Int? = nil, onReclaim: OnReclaimBody? = nil
    ) {
        self.ask = ask
        self.name = name
        self.command = command
        self.environment = environment
        self.files = files
        self.volumes = volumes
        self.maximumRunTime = maximumRunTime
        self.retries = retries
        self.arraySize = arraySize
        self.onReclaim = onReclaim
    }

    package init(from decoder: any Decoder) throws {
        let own = try decoder.container(keyedBy: OwnKeys.self)
        self.init(
            ask: try CapacityAskBody(from: decoder),
            name: try own.decodeIfPresent(String.self, forKey: .name),
            command: try own.decode([String].self, forKey: .command),
            environment: try own.decodeIfPresent([String: String].self, forKey: .environment),
            files: try own.decodeIfPresent([String: String].self, forKey: .files),
            volumes: try own.decodeIfPresent([VolumeMountBody].self, forKey: .volumes),
            maximumRunTime: try own.decodeIfPresent(Int64.self, forKey: .maximumRunTime),
            retries: try own.decodeIfPresent(Int.self, forKey: .retries),
            arraySize: try own.decodeIfPresent(Int.self, forKey: .arraySize),
            onReclaim: try own.decodeIfPresent(OnReclaimBody.self, forKey: .onReclaim))
    }

    package func encode(to encoder: any Encoder) throws {
        try ask.encode(to: encoder)
        var own = encoder.container(keyedBy: OwnKeys.self)
        try own.encodeIfPresent(name, forKey: .name)
        try own.encode(command, forKey: .command)
        try own.encodeIfPresent(environment, forKey: .environment)
        try own.encodeIfPresent(files, forKey: .files)
        try own.encodeIfPresent(volumes, forKey: .volumes)
        try own.encodeIfPresent(maximumRunTime, forKey: .maximumRunTime)
        try own.encodeIfPresent(retries, forKey: .retries)
        try own.encodeIfPresent(arraySize, forKey: .arraySize)
        try own.encodeIfPresent(onReclaim, forKey: .onReclaim)
    }
}

/// A machine that stays up until it is stopped.
package struct InstanceCreateBody: APIRequestBody, Hashable {
    package var ask: CapacityAskBody
    package var name: String?
    /// What runs there; nothing but waiting for `instance exec` unless said otherwise.
    package var command: [String]?
    package var environment: [String: String]?
    package var volumes: [VolumeMountBody]?

    package enum OwnKeys: String, CodingKey, CaseIterable {
        case name, command, environment, volumes
    }
    package typealias CodingKeys = AskKeys<OwnKeys>

    package init(
        ask: CapacityAskBody, name: String? = nil, command: [String]? = nil,
        environment: [String: String]? = nil, volumes: [VolumeMountBody]? = nil
    ) {
        self.ask = ask
        self.name = name
        self.command = command
        self.environment = environment
        self.volumes = volumes
    }

    package init(from decoder: any Decoder) throws {
        let own = try decoder.container(keyedBy: OwnKeys.self)
        self.init(
            ask: try CapacityAskBody(from: decoder),
            name: try own.decodeIfPresent(String.self, forKey: .name),
            command: try own.decodeIfPresent([String].self, forKey: .command),
            environment: try own.decodeIfPresent([String: String].self, forKey: .environment),
            volumes: try own.decodeIfPresent([VolumeMountBody].self, forKey: .volumes))
    }

    package func encode(to encoder: any Encoder) throws {
        try ask.encode(to: encoder)
        var own = encoder.container(keyedBy: OwnKeys.self)
        try own.encodeIfPresent(name, forKey: .name)
        try own.encodeIfPresent(command, forKey: .command)
        try own.encodeIfPresent(environment, forKey: .environment)
        try own.encodeIfPresent(volumes, forKey: .volumes)
    }
}

/// Nodes for a calendar window.
package struct ReservationCreateBody: APIRequestBody, Hashable {
    package var ask: CapacityAskBody
    /// Half-open.
    package var from: Instant
    package var to: Instant

    package enum OwnKeys: String, CodingKey, CaseIterable { case from, to }
    package typealias CodingKeys = AskKeys<OwnKeys>

    package init(ask: CapacityAskBody, from: Instant, to: Instant) {
        self.ask = ask
        self.from = from
        self.to = to
    }

    package init(from decoder: any Decoder) throws {
        let own = try decoder.container(keyedBy: OwnKeys.self)
        self.init(
            ask: try CapacityAskBody(from: decoder),
            from: try own.decode(Instant.self, forKey: .from),
            to: try own.decode(Instant.self, forKey: .to))
    }

    package func encode(to encoder: any Encoder) throws {
        try ask.encode(to: encoder)
        var own = encoder.container(keyedBy: OwnKeys.self)
        try own.encode(from, forKey: .from)
        try own.encode(to, forKey: .to)
    }
}
