/// Every operation on what customers keep with us under a vendor's own API, which control answers
/// in that vendor's dialect: one table for gateways and control, by the vendors' names.
///
/// Paths are templates; `{id}` is one segment, percent-encoded: an ARN has its slashes as `%2F`.
/// Addresses that a gateway serves itself stand in its own table and come first.
package enum ResourceOperation: String, CaseIterable, Sendable {
    case listFoundationModels = "ListFoundationModels"
    case getFoundationModel = "GetFoundationModel"
    case getFoundationModelAvailability = "GetFoundationModelAvailability"

    /// What belongs together: one handler, and one part of what control keeps.
    package enum Family: CaseIterable, Sendable {
        case foundationModels
    }

    package var family: Family {
        switch self {
        case .listFoundationModels, .getFoundationModel, .getFoundationModelAvailability:
            .foundationModels
        }
    }

    package var method: APIRoute.Method { row.method }
    package var template: String { row.template }
    /// One phrase for the docs.
    package var summary: String { row.summary }

    /// In whose form errors are; nil: OpenAI's, the core's own.
    package var dialect: (any Dialect.Type)? {
        switch family {
        case .foundationModels: ConverseDialect.self
        }
    }

    /// The longest body, in bytes. What is signed waits in the gateway's memory until it is whole.
    package var maximumBody: Int { Self.standardBody }

    static let standardBody = 1 << 20

    struct Row {
        let method: APIRoute.Method
        let template: String
        let summary: String

        init(_ method: APIRoute.Method, _ template: String, _ summary: String) {
            self.method = method
            self.template = template
            self.summary = summary
        }
    }

    private var row: Row {
        switch family {
        case .foundationModels: foundationModelRow
        }
    }

    private var foundationModelRow: Row {
        switch self {
        case .getFoundationModel: Row(.get, "/foundation-models/{id}", "One model.")
        case .getFoundationModelAvailability:
            Row(.get, "/foundation-model-availability/{id}", "Whether a model may be called.")
        default: Row(.get, "/foundation-models", "The models that the key may call.")
        }
    }
}
