import Logging
import Metering
import Records
import Vocabulary
package import Wire

/// Responses that customers keep with us: a response is its request's answer, which came with the
/// charge, and belongs to the project that the charge names.
extension ControlService: ResponseDesk {
    static let responseAge = Duration.seconds(30 * 86_400)
    /// How long the gateway that has answered may take to say so, and how often is looked.
    private static let newsWait = Duration.milliseconds(600)
    private static let newsInterval = Duration.milliseconds(30)

    package func response(
        _ identifier: String, _ identity: CustomerIdentity
    ) async throws -> StoredResponse {
        let request = try find(identifier)
        var waited = Duration.zero
        while true {
            if let bytes = try kept(request, identity) {
                return try StoredResponse(bytes: bytes)
            }
            // What was answered just now is in a journal that has not been applied.
            guard waited < Self.newsWait else { throw Self.unknown(identifier) }
            try await Task.sleep(for: Self.newsInterval)
            waited += Self.newsInterval
            applyWhatIsSynced()
        }
    }

    package func removeResponse(
        _ identifier: String, _ identity: CustomerIdentity
    ) async throws {
        _ = try await response(identifier, identity)
        let request = try find(identifier)
        try transact { try $0.removeAnswer(of: request) }
    }

    private func find(_ identifier: String) throws(Failure) -> RequestID {
        guard let request = StoredResponse.request(of: identifier) else {
            throw Self.unknown(identifier)
        }
        return request
    }

    /// nil where there is no such response for this project.
    private func kept(_ request: RequestID, _ identity: CustomerIdentity) throws -> [UInt8]? {
        let oldest = clock.now() + (.zero - Self.responseAge)
        return try records.read { records in
            guard let opened = try records.usage(of: request)?.event.opened,
                opened.project == identity.project, opened.endpoint == .responses,
                opened.line == nil, opened.at > oldest
            else { return nil }
            let bytes = try records.answer(of: request)
            return bytes.isEmpty ? nil : bytes
        }
    }

    private static func unknown(_ identifier: String) -> Failure {
        Failure(
            .notFound,
            "Response with id '\(identifier.prefix(64))' not found: it was not kept, has been "
                + "deleted, is older than 30 days, or belongs to another project.")
    }

    /// Looks once an hour until the task is cancelled.
    package func runResponses() async {
        while !Task.isCancelled {
            do {
                try removeOldResponses()
            } catch {
                logger.error("old responses cannot be removed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(3600))
        }
    }

    /// Forgets what is older than it is kept.
    func removeOldResponses() throws {
        let oldest = RequestID(at: clock.now() + (.zero - Self.responseAge), random: (0, 0))
        try transact { try $0.removeAnswers(before: oldest) }
    }
}
