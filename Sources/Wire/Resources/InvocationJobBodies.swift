package import Vocabulary

/// Where a job's requests are: the body's member and the answer's alike.
package struct InvocationJobInput: Hashable, Codable, Sendable {
    package struct S3: Hashable, Codable, Sendable {
        package var s3Uri: String
        package var s3InputFormat: String?
        package var s3BucketOwner: String?
    }

    package var s3InputDataConfig: S3
}

/// Where a job's results go.
package struct InvocationJobOutput: Hashable, Codable, Sendable {
    package struct S3: Hashable, Codable, Sendable {
        package var s3Uri: String
        package var s3EncryptionKeyId: String?
        package var s3BucketOwner: String?
    }

    package var s3OutputDataConfig: S3
}

/// The body of CreateModelInvocationJob.
package struct InvocationJobCreate: Hashable, Decodable, Sendable {
    package var jobName: String
    package var roleArn: String
    package var clientRequestToken: String?
    package var modelId: String
    package var inputDataConfig: InvocationJobInput
    package var outputDataConfig: InvocationJobOutput
    package var vpcConfig: IgnoredValue?
    package var timeoutDurationInHours: Int?
    package var tags: [ResourceTag]?
    package var modelInvocationType: String?
}

/// A value of any kind whose presence alone matters.
package struct IgnoredValue: Hashable, Decodable, Sendable {
    package init(from decoder: any Decoder) throws {}
}

package struct InvocationJobCreated: Hashable, Encodable, Sendable {
    package var jobArn: String

    package init(jobArn: String) { self.jobArn = jobArn }
}

/// The answer to GetModelInvocationJob, and one of a list.
package struct InvocationJobBody: Hashable, Encodable, Sendable {
    package static let statuses = [
        "Submitted", "InProgress", "Completed", "Failed", "Stopping", "Stopped",
        "PartiallyCompleted", "Expired", "Validating", "Scheduled",
    ]

    package var jobArn: String
    package var jobName: String
    package var modelId: String
    package var clientRequestToken: String?
    package var roleArn: String
    package var status: String
    package var message: String?
    package var submitTime: Instant
    package var lastModifiedTime: Instant
    package var endTime: Instant?
    package var inputDataConfig: InvocationJobInput
    package var outputDataConfig: InvocationJobOutput
    package var timeoutDurationInHours: Int
    package var jobExpirationTime: Instant
    package var modelInvocationType: String
    package var totalRecordCount: Int64
    package var processedRecordCount: Int64
    package var successRecordCount: Int64
    package var errorRecordCount: Int64

    package init(
        jobArn: String, jobName: String, modelId: String, roleArn: String, status: String,
        submitTime: Instant, lastModifiedTime: Instant, input: InvocationJobInput,
        output: InvocationJobOutput, timeoutDurationInHours: Int, jobExpirationTime: Instant,
        modelInvocationType: String, total: Int64, succeeded: Int64, failed: Int64
    ) {
        self.jobArn = jobArn
        self.jobName = jobName
        self.modelId = modelId
        self.roleArn = roleArn
        self.status = status
        self.submitTime = submitTime
        self.lastModifiedTime = lastModifiedTime
        self.inputDataConfig = input
        self.outputDataConfig = output
        self.timeoutDurationInHours = timeoutDurationInHours
        self.jobExpirationTime = jobExpirationTime
        self.modelInvocationType = modelInvocationType
        self.totalRecordCount = total
        self.processedRecordCount = succeeded + failed
        self.successRecordCount = succeeded
        self.errorRecordCount = failed
    }
}

package struct InvocationJobList: Hashable, Encodable, Sendable {
    package var invocationJobSummaries: [InvocationJobBody]
    package var nextToken: String?

    package init(invocationJobSummaries: [InvocationJobBody], nextToken: String?) {
        self.invocationJobSummaries = invocationJobSummaries
        self.nextToken = nextToken
    }
}

/// `manifest.json.out`, beside a job's results.
package struct InvocationJobManifest: Hashable, Codable, Sendable {
    package var totalRecordCount: Int64
    package var processedRecordCount: Int64
    package var successRecordCount: Int64
    package var errorRecordCount: Int64
    package var inputTokenCount: Int64
    package var outputTokenCount: Int64

    package init(total: Int64, succeeded: Int64, failed: Int64, tokens: InvocationTokens) {
        totalRecordCount = total
        processedRecordCount = succeeded + failed
        successRecordCount = succeeded
        errorRecordCount = failed
        inputTokenCount = tokens.input
        outputTokenCount = tokens.output
    }
}

/// The tokens that answers of Bedrock's report, whatever the form of their bodies; those read from
/// a cache are input, too. Engines count them: sums of nonsense wrap, and end nothing.
package struct InvocationTokens: Hashable, Decodable, Sendable {
    package private(set) var input: Int64 = 0
    package private(set) var output: Int64 = 0

    package init() {}

    package static func += (left: inout Self, right: Self) {
        left.input &+= right.input
        left.output &+= right.output
    }

    private struct Usage: Decodable {
        var input_tokens: Int64?
        var cache_read_input_tokens: Int64?
        var output_tokens: Int64?
        var inputTokens: Int64?
        var cacheReadInputTokens: Int64?
        var outputTokens: Int64?
        var prompt_tokens: Int64?
        var completion_tokens: Int64?
    }

    private enum CodingKeys: CodingKey { case usage }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let usage = try container.decodeIfPresent(Usage.self, forKey: .usage) else { return }
        let read = usage.cache_read_input_tokens ?? usage.cacheReadInputTokens ?? 0
        input = (usage.input_tokens ?? usage.inputTokens ?? usage.prompt_tokens ?? 0) &+ read
        output = usage.output_tokens ?? usage.outputTokens ?? usage.completion_tokens ?? 0
    }
}
