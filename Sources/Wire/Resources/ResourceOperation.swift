/// Every operation on what customers keep with us under a vendor's own API, which control answers
/// in that vendor's dialect: one table for gateways and control, by the vendors' names.
///
/// Paths are templates; `{id}` is one segment, percent-encoded: an ARN has its slashes as `%2F`.
/// `{key+}` is all that follows, slashes too.
/// Addresses that a gateway serves itself stand in its own table and come first.
package enum ResourceOperation: String, CaseIterable, Sendable {
    case listFoundationModels = "ListFoundationModels"
    case getFoundationModel = "GetFoundationModel"
    case getFoundationModelAvailability = "GetFoundationModelAvailability"
    case createFile, listFiles, retrieveFile, deleteFile, downloadFile
    case createBatch, listBatches, retrieveBatch, cancelBatch
    case createMessageBatch, listMessageBatches, retrieveMessageBatch, cancelMessageBatch
    case deleteMessageBatch, messageBatchResults
    case createInvocationJob = "CreateModelInvocationJob"
    case getInvocationJob = "GetModelInvocationJob"
    case listInvocationJobs = "ListModelInvocationJobs"
    case stopInvocationJob = "StopModelInvocationJob"
    case listBuckets = "ListBuckets"
    case createBucket = "CreateBucket"
    case deleteBucket = "DeleteBucket"
    case listObjects = "ListObjects"
    case deleteObjects = "DeleteObjects"
    case putObject = "PutObject"
    case getObject = "GetObject"
    case deleteObject = "DeleteObject"
    case uploadInParts = "MultipartUpload"
    case createInferenceProfile = "CreateInferenceProfile"
    case getInferenceProfile = "GetInferenceProfile"
    case listInferenceProfiles = "ListInferenceProfiles"
    case deleteInferenceProfile = "DeleteInferenceProfile"
    case createProvisionedThroughput = "CreateProvisionedModelThroughput"
    case getProvisionedThroughput = "GetProvisionedModelThroughput"
    case listProvisionedThroughputs = "ListProvisionedModelThroughputs"
    case updateProvisionedThroughput = "UpdateProvisionedModelThroughput"
    case deleteProvisionedThroughput = "DeleteProvisionedModelThroughput"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case listTagsForResource = "ListTagsForResource"
    case getResponse
    case deleteResponse
    case listInputItems

    case createGuardrail = "CreateGuardrail"
    case listGuardrails = "ListGuardrails"
    case getGuardrail = "GetGuardrail"
    case updateGuardrail = "UpdateGuardrail"
    case deleteGuardrail = "DeleteGuardrail"
    case createGuardrailVersion = "CreateGuardrailVersion"
    case applyGuardrail = "ApplyGuardrail"

    /// What belongs together: one handler, and one part of what control keeps.
    package enum Family: CaseIterable, Sendable {
        case foundationModels, inferenceProfiles, provisionedThroughput, tags
        case files, batches, messageBatches, guardrails, responses
        case objects, invocationJobs
    }

    package var family: Family {
        switch self {
        case .listFoundationModels, .getFoundationModel, .getFoundationModelAvailability:
            .foundationModels
        case .createInferenceProfile, .getInferenceProfile, .listInferenceProfiles,
            .deleteInferenceProfile:
            .inferenceProfiles
        case .createProvisionedThroughput, .getProvisionedThroughput, .listProvisionedThroughputs,
            .updateProvisionedThroughput, .deleteProvisionedThroughput:
            .provisionedThroughput
        case .tagResource, .untagResource, .listTagsForResource: .tags
        case .createFile, .listFiles, .retrieveFile, .deleteFile, .downloadFile: .files
        case .createBatch, .listBatches, .retrieveBatch, .cancelBatch: .batches
        case .createMessageBatch, .listMessageBatches, .retrieveMessageBatch, .cancelMessageBatch,
            .deleteMessageBatch, .messageBatchResults:
            .messageBatches
        case .createInvocationJob, .getInvocationJob, .listInvocationJobs, .stopInvocationJob:
            .invocationJobs
        case .listBuckets, .createBucket, .deleteBucket, .listObjects, .deleteObjects, .putObject,
            .getObject, .deleteObject, .uploadInParts:
            .objects
        case .createGuardrail, .listGuardrails, .getGuardrail, .updateGuardrail,
            .deleteGuardrail, .createGuardrailVersion, .applyGuardrail:
            .guardrails
        case .getResponse, .deleteResponse, .listInputItems: .responses
        }
    }

    /// The service of AWS's for which a request must be signed.
    package var service: String { family == .objects ? ObjectPath.service : "bedrock" }

    package var method: APIRoute.Method { row.method }
    package var template: String { row.template }
    /// One phrase for the docs.
    package var summary: String { row.summary }

    /// In whose form errors are; nil: OpenAI's, the core's own.
    package var errorForm: (any ErrorForm.Type)? {
        switch family {
        case .foundationModels, .inferenceProfiles, .provisionedThroughput, .tags, .guardrails,
            .invocationJobs:
            ConverseDialect.self
        case .objects: ObjectStoreForm.self
        case .files, .batches: nil
        case .messageBatches: MessagesDialect.self
        case .responses: ResponsesDialect.self
        }
    }

    /// The longest body, in bytes. What is signed waits in the gateway's memory until it is whole.
    package var maximumBody: Int {
        switch self {
        case .createFile, .createMessageBatch, .putObject: Self.maximumUpload
        default: Self.standardBody
        }
    }

    /// What control holds in memory until it is written.
    package static let maximumUpload = 64 << 20

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
        case .inferenceProfiles: inferenceProfileRow
        case .provisionedThroughput: provisionedThroughputRow
        case .tags: tagRow
        case .files: fileRow
        case .batches: batchRow
        case .messageBatches: messageBatchRow
        case .guardrails: guardrailRow
        case .responses: responseRow
        case .objects: objectRow
        case .invocationJobs: invocationJobRow
        }
    }

    private var responseRow: Row {
        switch self {
        case .deleteResponse: Row(.delete, "/v1/responses/{id}", "Forget a response.")
        case .listInputItems:
            Row(.get, "/v1/responses/{id}/input_items", "What a response was made of.")
        default: Row(.get, "/v1/responses/{id}", "A response that is kept.")
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

    private var inferenceProfileRow: Row {
        switch self {
        case .createInferenceProfile:
            Row(.post, "/inference-profiles", "Name a model anew, to tell costs apart.")
        case .getInferenceProfile: Row(.get, "/inference-profiles/{id}", "One profile.")
        case .deleteInferenceProfile: Row(.delete, "/inference-profiles/{id}", "Forget it.")
        default: Row(.get, "/inference-profiles", "The project's profiles.")
        }
    }

    private var provisionedThroughputRow: Row {
        let one = "/provisioned-model-throughput/{id}"
        return switch self {
        case .createProvisionedThroughput:
            Row(.post, "/provisioned-model-throughput", "Put model units on record.")
        case .getProvisionedThroughput: Row(.get, one, "One such record.")
        case .updateProvisionedThroughput: Row(.patch, one, "Change its name or model.")
        case .deleteProvisionedThroughput: Row(.delete, one, "Forget it.")
        default: Row(.get, "/provisioned-model-throughputs", "The project's records.")
        }
    }

    private var tagRow: Row {
        switch self {
        case .tagResource: Row(.post, "/tagResource", "Add tags, or change their values.")
        case .untagResource: Row(.post, "/untagResource", "Remove tags by their keys.")
        default: Row(.post, "/listTagsForResource", "A resource's tags.")
        }
    }

    private var guardrailRow: Row {
        switch self {
        case .createGuardrail: Row(.post, "/guardrails", "A new guardrail's draft.")
        case .getGuardrail: Row(.get, "/guardrails/{id}", "One version; the draft unless named.")
        case .updateGuardrail: Row(.put, "/guardrails/{id}", "The draft anew.")
        case .deleteGuardrail: Row(.delete, "/guardrails/{id}", "One version, or all of it.")
        case .createGuardrailVersion: Row(.post, "/guardrails/{id}", "The draft under a number.")
        case .applyGuardrail:
            Row(.post, "/guardrail/{id}/version/{version}/apply", "Looks at texts alone.")
        default: Row(.get, "/guardrails", "All guardrails, or all versions of one.")
        }
    }
}
