package import Vocabulary

/// A resource as clients of AWS name it: by its own name, or by an ARN around it. Partition, region
/// and account of an ARN say nothing here.
package struct BedrockName: Hashable, Sendable {
    /// `foundation-model` and the like; nil: no ARN.
    package let kind: String?
    package let name: String

    static let partitionAndRegion = "arn:aws:bedrock:us-east-1"

    /// nil where it is an ARN, but of nothing of Bedrock's.
    package init?(_ text: String) {
        guard text.utf8.starts(with: "arn:".utf8) else {
            kind = nil
            name = text
            return
        }
        // arn:PARTITION:bedrock:REGION:ACCOUNT:KIND/NAME, where the name may have colons too.
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[2] == "bedrock" else { return nil }
        let resource = parts[5].split(separator: "/", maxSplits: 1)
        guard resource.count == 2 else { return nil }
        kind = String(resource[0])
        name = String(resource[1])
    }

    package static let profileKind = "application-inference-profile"
    package static let provisionedKind = "provisioned-model"
    package static let jobKind = "model-invocation-job"

    /// The ARN of what a customer keeps with us. AWS has an account of twelve digits there: ours is
    /// made of the organization's id.
    package static func kept(
        _ kind: String, _ id: InferenceProfileID, by organization: OrganizationID
    ) -> String {
        "\(partitionAndRegion):\(account(of: organization)):\(kind)/\(text(of: id))"
    }

    /// The ARN of a model invocation job.
    package static func kept(_ job: BatchID, by organization: OrganizationID) -> String {
        "\(partitionAndRegion):\(account(of: organization)):\(jobKind)/\(text(of: job))"
    }

    /// The twelve digits that AWS's clients know an organization by.
    static func account(of organization: OrganizationID) -> String {
        let digits = "\(organization.low % 1_000_000_000_000)"
        return String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// A job's id as Bedrock's clients see it.
    package static func text(of job: BatchID) -> String {
        String("\(job)".dropFirst(Batch.prefix.utf8CodeUnitCount + 1))
    }

    /// The job that clients see as `text`.
    package static func job(_ text: String) -> BatchID? { BatchID("\(Batch.prefix)_\(text)") }

    /// An id as Bedrock's clients see it, who take no `_`: without its prefix.
    package static func text(of id: InferenceProfileID) -> String {
        String("\(id)".dropFirst(InferenceProfile.prefix.utf8CodeUnitCount + 1))
    }

    /// The id that clients see as `text`.
    package static func alias(_ text: String) -> InferenceProfileID? {
        InferenceProfileID("\(InferenceProfile.prefix)_\(text)")
    }

    /// A guardrail's own name; nil where the text names something else.
    package static func guardrail(_ text: String) -> String? {
        guard let name = BedrockName(text), name.kind ?? "guardrail" == "guardrail" else {
            return nil
        }
        return name.name
    }

    /// The ARN of a guardrail: ours have no account.
    package static func ofGuardrail(_ name: String) -> String {
        "\(partitionAndRegion):000000000000:guardrail/\(name)"
    }

    /// The ARN of a hosted model.
    package static func foundationModel(_ name: String) -> String {
        "\(partitionAndRegion)::foundation-model/\(name)"
    }
}
