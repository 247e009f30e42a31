package import Vocabulary
package import Wire

/// What Bedrock's clients say of a batch beyond its lines: kept with how the batch stands.
package struct InvocationJob: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case invokeModel = "InvokeModel"
        case converse = "Converse"

        /// The last word of the address where a record would be posted.
        package var operation: BedrockTarget.Operation {
            switch self {
            case .invokeModel: .invoke
            case .converse: .converse
            }
        }
    }

    package var name: String
    /// As the client names it.
    package var model: String
    /// The model behind that name.
    package var servedModel: String
    /// Nobody takes on a role here; it is told as it was given.
    package var role: String
    /// The client's name for its request: a second one with it has no effect.
    package var token: String?
    package var kind: Kind
    package var hours: Int
    package var input: InvocationJobInput
    package var output: InvocationJobOutput
    /// The object that holds the records.
    package var source: String
    package var tags: [String: String]

    private static let manifest = "manifest.json.out"

    package init(
        name: String, model: String, servedModel: String, role: String, token: String?,
        kind: Kind, hours: Int, input: InvocationJobInput, output: InvocationJobOutput,
        source: String, tags: [String: String]
    ) {
        self.name = name
        self.model = model
        self.servedModel = servedModel
        self.role = role
        self.token = token
        self.kind = kind
        self.hours = hours
        self.input = input
        self.output = output
        self.source = source
        self.tags = tags
    }

    /// Where each record would be posted.
    package var address: String {
        "\(BedrockTarget.prefix)\(PercentCoding.encode(model))/\(kind.operation.rawValue)"
    }

    /// Where a job's results go: `OUTPUT/JOB/NAME.out`, and what sums them up beside it.
    ///
    /// - Throws: `invalidRequest` if these are no two keys.
    package func results(
        of job: BatchID
    ) throws(Failure) -> (output: ObjectAddress, manifest: ObjectAddress) {
        let name = source + ".out"
        guard name != Self.manifest else {
            throw Failure(
                .invalidRequest,
                "Results of '\(source)' would have the name of the job's manifest: put it under "
                    + "another name.", parameter: "inputDataConfig")
        }
        let folder = try ObjectAddress(
            uri: output.s3OutputDataConfig.s3Uri, parameter: "outputDataConfig"
        ).inside(BedrockName.text(of: job))
        return (try folder.inside(name), try folder.inside(Self.manifest))
    }
}
