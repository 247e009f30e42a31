import NIOCore
import NIOHTTP1
import Vocabulary
import Wire

/// A signed request whose signature is still to be checked: that takes its whole body, unless its
/// header says what that is.
struct SignedIntake {
    /// What the header says of the body, once the signature over that has been checked.
    var checkedPayload: String?
    let signer: Signer
    let claim: SignatureClaim
    let request: SignedRequest

    /// nil if the request carries its key itself, or none.
    static func find(
        _ head: HTTPRequestHead, _ header: HeaderScan, in directory: Directory
    ) throws(SignatureFault) -> SignedIntake? {
        guard let claim = try claim(head.uri, header) else { return nil }
        let request = SignedRequest(
            method: head.method.rawValue, target: head.uri,
            headers: head.headers.map { (name: $0.name, value: $0.value) })
        guard let signer = directory.signer(claim, token: request.sessionToken(claim)) else {
            throw .unknownKey
        }
        return SignedIntake(signer: signer, claim: claim, request: request)
    }

    private static func claim(
        _ uri: String, _ header: HeaderScan
    ) throws(SignatureFault) -> SignatureClaim? {
        guard SignatureClaim.isPresigned(uri) else {
            guard let authorization = header.authorization, header.isSigned else { return nil }
            return try SignatureClaim(authorization: authorization)
        }
        guard header.authorization == nil else {
            throw .incomplete("it must stand in the query or in the header, not in both")
        }
        return try SignatureClaim(presigned: uri)
    }
}

extension ClientConnection {
    /// Nothing of a body is taken in for somebody else, where the header alone tells.
    func checkSignatureOfHeader() throws(SignatureFault) {
        guard let signed = intake.signed else { return }
        let check = SignatureCheck(service: intake.service)
        guard let told = try check.toldPayload(signed.request, signed.claim) else { return }
        try check.verify(
            signed.request, signed.claim, payload: told, by: signed.signer.pair,
            at: loop.clock.now())
        intake.signed?.checkedPayload = told
    }

    /// Answers the request if it is not. Nothing has been decided or told about its key until here.
    func isSignatureValid(of body: ByteBuffer) -> Bool {
        guard let signed = intake.signed else { return true }
        let check = SignatureCheck(service: intake.service)
        let result = body.withUnsafeReadableBytes { body in
            Result { () throws(SignatureFault) in
                if let told = signed.checkedPayload {
                    try check.require(body, toBe: told)
                    return
                }
                try check.verify(
                    signed.request, signed.claim, body: body, by: signed.signer.pair,
                    at: loop.clock.now())
            }
        }
        guard case .failure(let fault) = result else { return true }
        exchange = nil
        intake.take(fault)
        respond(fault.failure)
        return false
    }
}
