import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Vocabulary
package import Wire

/// Sends calls to control over HTTP.
enum ControlClient {
    /// The longest answer that is read, in bytes.
    static let maximumAnswer = 256 << 20
    /// How long an answer may take: a large month's invoices take a while.
    static let timeout: TimeAmount = .minutes(5)

    static func send(_ call: ControlCall, to address: ControlAddress) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: address.url + call.target)
        request.method = HTTPMethod(rawValue: call.route.method.rawValue)
        request.headers.add(name: "authorization", value: "Bearer \(address.token)")
        request.headers.add(name: "user-agent", value: "spillway-command")
        if let body = call.body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        if let key = call.idempotencyKey {
            request.headers.add(name: "idempotency-key", value: key)
        }
        let status: UInt
        let bytes: [UInt8]
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: timeout)
            status = response.status.code
            bytes = Array(try await response.body.collect(upTo: maximumAnswer).readableBytesView)
        } catch {
            throw unreachable(call, address, error)
        }
        if (200..<300).contains(status) { return bytes }
        if let body = try? JSONDecoder().decode(APIErrorBody.self, from: Data(bytes)) {
            throw ControlRefusal(body: body)
        }
        throw Failure(
            .unavailable,
            "\(address.url) answered with status \(status) and nothing that Spillway says. Is that "
                + "the control port?")
    }

    private static func unreachable(
        _ call: ControlCall, _ address: ControlAddress, _ error: any Error
    ) -> ControlUnreachable {
        var message = "Control at \(address.url) does not answer (\(reason(error))). "
        if let key = call.idempotencyKey {
            message +=
                "Whether it was done is not known; the same command with '--idempotency-key "
                + "\(key)' does it once at most. "
        }
        return ControlUnreachable(message: message + "Is 'spillway up' running?")
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return "no connection"
    }
}

/// Control's own answer that it did not do what was asked.
package struct ControlRefusal: Error, Hashable, Sendable {
    package var body: APIErrorBody

    package init(body: APIErrorBody) { self.body = body }
}

/// No answer came.
package struct ControlUnreachable: Error, Hashable, Sendable {
    package var message: String

    package init(message: String) { self.message = message }
}
