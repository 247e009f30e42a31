import Vocabulary

/// Everything that is bounded in a gateway, with the bound's name. Times are durations, sizes
/// bytes.
package struct GatewayLimits: Sendable {
    /// All header lines of one request together.
    package var headerBytes = 32 << 10
    /// The body of one request.
    package var bodyBytes = 32 << 20
    /// A plain answer of an engine, which is kept until it is settled.
    package var answerBytes = 64 << 20
    /// Open client connections, over all event loops: one more gets 503 and is closed.
    package var connections = 20_000
    /// Connections beyond that which are kept long enough to read their 503; others are closed
    /// without a word.
    package var refusedConnections = 1_000
    /// Requests that wait for a replica of one model.
    package var queueLength = 512
    package var queueWait: Duration = .seconds(30)
    /// From a connection's first byte to the end of the header.
    package var headerWait: Duration = .seconds(10)
    /// From the end of the header to the end of the body.
    package var bodyWait: Duration = .seconds(60)
    /// A long body that passes through has more time than that, if it comes as fast as this.
    package var slowestBodyBytesPerSecond = 128 << 10
    package var idleWait: Duration = .seconds(75)
    /// How long a request waits for control to lend money.
    package var moneyWait: Duration = .seconds(5)
    package var connectWait: Duration = .seconds(5)
    /// For an engine to tell its own counters.
    package var counterWait: Duration = .seconds(5)
    /// From the request to the engine's first byte: long prompts take long.
    package var firstByteWait: Duration = .seconds(300)
    /// Between two reads from an engine.
    package var engineSilence: Duration = .seconds(120)
    /// A client that takes nothing off its socket for so long is gone.
    package var clientSilence: Duration = .seconds(120)
    /// How long a closed connection stays for the client to read the end of its last answer.
    package var lingerWait: Duration = .seconds(1)
    package var streamDuration: Duration = .seconds(3600)
    /// Generated tokens that a stream holds money for at a time.
    package var holdChunk: Int64 = 512
    /// An answer clamped below this is refused instead.
    package var minimumGenerated: Int64 = 16
    /// Where control takes customers' requests to our own API; nil: none are passed on.
    package var customersSocket: String?
    /// Such requests under way on one event loop.
    package var forwards = 1024
    /// Bytes of signed requests for control that wait on an event loop until they are whole: only
    /// then is it known whom they are from.
    package var withheldBytes = 256 << 20
    /// From such a request's end to the head of control's answer; a request for news waits 30 s.
    package var controlWait: Duration = .seconds(60)
    /// Prompt tokens that a chat template may add beyond the bytes of the request.
    package var templateTokens: Int64 = 512
    /// The input of a response that is kept.
    package var storedInputBytes = 8 << 20
    /// Answers that are kept to be given again, over all event loops.
    package var keptAnswersBytes = 64 << 20
    /// One of them; a longer one is not kept.
    package var keptAnswerBytes = 8 << 20
    package var keptAnswerAge: Duration = .seconds(600)
    /// An answer and its request that an idle connection remembers in case they did not arrive.
    package var unconfirmedBytes = 256 << 10
    /// Where nobody knows whether the answer has arrived.
    package var unconfirmedAge: Duration = .seconds(120)
    /// How long a request that AWS's client will repeat runs on after its client has gone.
    package var retryWait: Duration = .seconds(20)

    package init() {}
}

/// The waits of ``GatewayLimits`` as nanoseconds: a duration is divided by 128-bit arithmetic each
/// time that it is asked for them, and each request asks seven times.
struct GatewayWaits: Sendable {
    let headerWait: Int64
    let bodyWait: Int64
    let idleWait: Int64
    let moneyWait: Int64
    let queueWait: Int64
    let connectWait: Int64
    let firstByteWait: Int64
    let engineSilence: Int64
    let clientSilence: Int64
    let lingerWait: Int64
    let streamDuration: Int64
    let controlWait: Int64
    let keptAnswerAge: Int64
    let unconfirmedAge: Int64
    let retryWait: Int64

    init(_ limits: GatewayLimits) {
        headerWait = limits.headerWait.nanoseconds
        bodyWait = limits.bodyWait.nanoseconds
        idleWait = limits.idleWait.nanoseconds
        moneyWait = limits.moneyWait.nanoseconds
        queueWait = limits.queueWait.nanoseconds
        connectWait = limits.connectWait.nanoseconds
        firstByteWait = limits.firstByteWait.nanoseconds
        engineSilence = limits.engineSilence.nanoseconds
        clientSilence = limits.clientSilence.nanoseconds
        lingerWait = limits.lingerWait.nanoseconds
        streamDuration = limits.streamDuration.nanoseconds
        controlWait = limits.controlWait.nanoseconds
        keptAnswerAge = limits.keptAnswerAge.nanoseconds
        unconfirmedAge = limits.unconfirmedAge.nanoseconds
        retryWait = limits.retryWait.nanoseconds
    }
}

extension Duration {
    /// As nanoseconds, as the monotonic clock counts.
    var nanoseconds: Int64 {
        let parts = components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}
