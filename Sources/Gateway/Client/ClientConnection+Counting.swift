import Fleet
import Metering
import NIOCore
import Vocabulary
import Wire

/// How far the question for a prompt's tokens has come. llama.cpp's server is asked twice: for the
/// prompt that its template makes of the messages, and for that text's tokens. An answer's prompt
/// goes the same way, so that the figures agree.
enum CountingStage {
    case template, tokens

    /// These addresses stand at the server's root.
    func path(behind prefix: String) -> String {
        let root = prefix.hasSuffix("/v1") ? prefix.dropLast(3) : prefix[...]
        return root + (self == .template ? "/apply-template" : "/tokenize")
    }
}

/// Counting takes a place like any request, and counts against the limit of requests, but holds no
/// money and leaves no usage.
extension ClientConnection {
    func checkCounting(_ scanned: ScannedRequest, _ deployment: Deployment) throws(Failure) {
        guard deployment.engine == .llamaCpp else {
            throw Failure(
                .unsupported,
                "Tokens of \(deployment.model) cannot be counted ahead: its engine does not offer "
                    + "it. An answer's usage tells them.", parameter: "model")
        }
        guard scanned.imageParts == 0 else {
            throw Failure(
                .unsupported,
                "Tokens of pictures cannot be counted ahead. An answer's usage tells them.",
                parameter: "messages")
        }
    }

    /// The body is the chat, and then what is to be tokenized.
    func countingRequest(
        _ exchange: Exchange, _ stage: CountingStage, to replica: ReplicaSnapshot
    ) -> ByteBuffer {
        var bytes = ByteBuffer()
        writeEngineHeader(&bytes, exchange, to: replica, bodyBytes: exchange.body.readableBytes)
        bytes.writeImmutableBuffer(exchange.body)
        return bytes
    }

    func countingAnswered(_ exchange: Exchange) {
        let stage = exchange.counting
        let answer = exchange.answer
        exchange.answer = ByteBuffer()
        let result = answer.withUnsafeReadableBytes { bytes in
            Result { () throws(Failure) -> TokenizerAnswer in
                stage == .template
                    ? .prompt(try TokenizerBody.request(forTemplate: bytes))
                    : .count(try TokenizerBody.count(bytes))
            }
        }
        switch result {
        case .success(.prompt(let body)):
            exchange.body = ByteBuffer(bytes: body)
            exchange.counting = .tokens
            askEngine(exchange)
        case .success(.count(let count)):
            settle(exchange, outcome: .completed, known: .zero, wasDelivered: false)
            respond(
                status: 200, contentType: "application/json",
                body: ByteBuffer(bytes: exchange.dialect?.count(count) ?? []))
        case .failure(let failure):
            settle(exchange, outcome: .engineFailed, known: .zero, wasDelivered: false)
            respond(failure)
        }
    }

    private enum TokenizerAnswer {
        case prompt([UInt8])
        case count(Int64)
    }
}
