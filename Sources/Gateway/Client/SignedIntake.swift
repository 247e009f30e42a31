import NIOCore
import NIOHTTP1
import Vocabulary
import Wire

/// A signed request whose signature is still to be checked: that takes its whole body.
struct SignedIntake {
    let signer: Signer
    let claim: SignatureClaim
    let request: SignedRequest

    /// nil if the request carries its key itself.
    static func find(
        _ head: HTTPRequestHead, _ header: HeaderScan, in directory: Directory
    ) throws(SignatureFault) -> SignedIntake? {
        guard let authorization = header.authorization, SignatureClaim.isClaim(authorization)
        else { return nil }
        let claim = try SignatureClaim(authorization: authorization)
        guard let signer = directory.signers[claim.accessKey] else { throw .unknownKey }
        return SignedIntake(
            signer: signer, claim: claim,
            request: SignedRequest(
                method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { (name: $0.name, value: $0.value) }))
    }
}

extension ClientConnection {
    /// Answers the request if it is not. Nothing has been decided or told about its key until here.
    func isSignatureValid(of body: ByteBuffer) -> Bool {
        guard let signed = intake.signed else { return true }
        let service = intake.service
        let result = body.withUnsafeReadableBytes { body in
            Result { () throws(SignatureFault) in
                try SignatureCheck(service: service).verify(
                    signed.request, signed.claim, body: body, by: signed.signer.pair,
                    at: loop.clock.now())
            }
        }
        guard case .failure(let fault) = result else { return true }
        exchange = nil
        intake.exception = fault.exception
        respond(fault.failure)
        return false
    }
}
