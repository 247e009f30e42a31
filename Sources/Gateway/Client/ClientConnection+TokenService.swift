import NIOCore
import RequestPath
import Vocabulary
import Wire

/// AWS's security token service: who a pair belongs to, and temporary credentials for it. It is
/// answered here, out of what the gateway knows, and nothing is written down.
extension ClientConnection {
    func openTokenService() throws(Failure) {
        intake.bodyLimit = TokenServiceAction.maximumBody
        guard intake.signed == nil else { return }
        throw Failure(
            .unauthenticated,
            "Request is missing Authentication Token: sign it with an access key pair.")
    }

    /// The request is whole, and its signature has been checked.
    func answerTokenService(_ uri: String) {
        guard let signer = intake.signed?.signer else { return }
        do throws(TokenServiceError) {
            let body = try intake.withheld.withUnsafeReadableBytes { body in
                Result { () throws(TokenServiceError) in
                    try TokenServiceAction(uri: uri, body: body)
                }
            }.get()
            intake.withheld = ByteBuffer()
            respond(status: 200, xml: try answer(body, signer))
        } catch {
            respond(error, .invalidRequest)
        }
    }

    private func answer(
        _ action: TokenServiceAction, _ signer: Signer
    ) throws(TokenServiceError) -> [UInt8] {
        let request = intake.requestID.map { "\($0)" } ?? ""
        let entry = signer.entry
        switch action {
        case .getCallerIdentity:
            return TokenServiceAnswer.identity(
                of: entry.key, in: entry.project, of: entry.account.organization,
                requestID: request)
        case .getSessionToken(let seconds):
            guard signer.pair.sessionToken == nil else {
                throw TokenServiceError(
                    .accessDenied, "Cannot call GetSessionToken with session credentials")
            }
            guard let seal = loop.directory.seal else {
                throw TokenServiceError(
                    .serviceUnavailable, "There are no temporary credentials at this gateway.")
            }
            var random = SystemRandomNumberGenerator()
            let made = SessionCredentials(
                of: entry.key, until: loop.clock.now() + .seconds(seconds),
                nonce: (random.next(), random.next()), seal: seal.code)
            return TokenServiceAnswer.session(made, requestID: request)
        }
    }

    func respond(_ error: TokenServiceError, _ code: Failure.Code) {
        loop.meters.refused(code)
        let request = intake.requestID.map { "\($0)" } ?? ""
        respond(status: error.code.status, xml: error.body(requestID: request))
    }

    private func respond(status: Int, xml: [UInt8]) {
        var head = ResponseHead(status: status)
        head.add("content-type", TokenServiceAnswer.contentType)
        head.add("x-amzn-requestid", intake.requestID.map { "\($0)" } ?? "")
        head.add("cache-control", "no-store")
        finish(head, body: ByteBuffer(bytes: xml))
    }
}
