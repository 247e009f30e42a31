package import Vocabulary

/// A tag of a resource, as AWS has it.
package struct ResourceTag: Hashable, Codable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// The body of CreateInferenceProfile.
package struct InferenceProfileCreate: Hashable, Codable, Sendable {
    package struct Source: Hashable, Codable, Sendable {
        package var copyFrom: String
    }

    package var inferenceProfileName: String
    package var description: String?
    package var clientRequestToken: String?
    package var modelSource: Source
    package var tags: [ResourceTag]?
}

/// The answer to CreateInferenceProfile.
package struct InferenceProfileCreated: Hashable, Codable, Sendable {
    package var inferenceProfileArn: String
    package var status = "ACTIVE"

    package init(inferenceProfileArn: String) {
        self.inferenceProfileArn = inferenceProfileArn
    }
}

/// The answer to GetInferenceProfile, and one of a list.
package struct InferenceProfileBody: Hashable, Codable, Sendable {
    package struct Model: Hashable, Codable, Sendable {
        package var modelArn: String
    }

    package var inferenceProfileName: String
    package var description: String?
    package var createdAt: Instant
    package var updatedAt: Instant
    package var inferenceProfileArn: String
    package var models: [Model]
    package var inferenceProfileId: String
    package var status = "ACTIVE"
    package var type = "APPLICATION"

    package init(
        name: String, description: String?, createdAt: Instant, updatedAt: Instant, arn: String,
        id: String, model: String
    ) {
        inferenceProfileName = name
        self.description = description
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        inferenceProfileArn = arn
        models = [Model(modelArn: BedrockName.foundationModel(model))]
        inferenceProfileId = id
    }
}

package struct InferenceProfileList: Hashable, Codable, Sendable {
    package var inferenceProfileSummaries: [InferenceProfileBody]
    package var nextToken: String?

    package init(inferenceProfileSummaries: [InferenceProfileBody], nextToken: String?) {
        self.inferenceProfileSummaries = inferenceProfileSummaries
        self.nextToken = nextToken
    }
}

/// The body of TagResource.
package struct TagResourceBody: Hashable, Codable, Sendable {
    package var resourceARN: String
    package var tags: [ResourceTag]
}

/// The body of UntagResource.
package struct UntagResourceBody: Hashable, Codable, Sendable {
    package var resourceARN: String
    package var tagKeys: [String]
}

/// The body of ListTagsForResource.
package struct ListTagsBody: Hashable, Codable, Sendable {
    package var resourceARN: String
}

/// The answer to ListTagsForResource.
package struct TagList: Hashable, Codable, Sendable {
    package var tags: [ResourceTag]

    package init(tags: [ResourceTag]) { self.tags = tags }
}

/// `{}`: what AWS answers where there is nothing to say.
package struct EmptyAnswer: Hashable, Codable, Sendable {
    package init() {}
}
