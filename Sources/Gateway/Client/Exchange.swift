import Link
import Fleet
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// One model request on its way: what is known of it so far. Belongs to its connection.
final class Exchange {
    let request: RequestID
    /// Its text form, for headers.
    let requestText: String
    /// Under which usage is recorded.
    let endpoint: Endpoint
    let operation: EngineOperation
    /// nil: the core's own, in which bytes pass as they are.
    let dialect: (any Dialect.Type)?
    /// In the client's dialect, and what its translation notes for the answer.
    var address = DialectAddress(purpose: .answer)
    var memo: [UInt8] = []
    /// The name of the project's own by which the model was called.
    var profile: InferenceProfileID?
    let key: KeyEntry
    var tier = ServiceTier.standard
    /// Nanoseconds of the monotonic clock when the request was whole.
    var receivedAt: Int64 = 0
    var body = ByteBuffer()
    var scanned: ScannedRequest?
    var model: ModelEntry?
    var priced: ModelEntry.PricedRate?
    var demand: Demand?
    var hold: Hold?
    var replica: ReplicaSnapshot?
    /// Where in its engine it runs; nil: that has not been decided.
    var slot: EngineSlots.Use?
    /// The supplier it went out to; nil: it is with a replica of ours, or waits for one.
    var supply: SupplyUse?
    /// It waits for control to lend under a supplier's cap.
    var awaitsSupplier = false
    /// It went out once and came back: it stays.
    var staysHome = false
    /// Why it did not go out, where it could have.
    var supplyRefusal: (supplier: SupplierName, reason: SupplierAccount.Refusal)?
    var openedAt = Instant(microseconds: 0)
    /// Tells the wait for money or a place apart from an earlier one.
    var queueTicket: Int64?
    var engine: EngineConnection?
    /// Whether an engine was sent the request. What never was is no usage.
    var wasSent = false
    var hasRetried = false
    var deadline: Int64 = .max
    var patience = ClientPatience()

    // What is kept
    var keeping: ResponseKeeping?
    /// It waits for the conversation that it goes on from.
    var awaitsConversation = false
    /// For the journal.
    var stored: [UInt8] = []

    // Attempts
    var retry = RetryHeader()
    /// What was asked, in the client's words, while a retry may be recognised by it.
    var asked: AskedRequest?
    /// The name of this request, while it is known under it.
    var attempt: RetryName?
    /// It waits for what becomes of an attempt before it.
    var awaitsFirst = false
    /// What goes out of its stream is kept.
    var keepsStream = false
    var keptStream = ByteBuffer()
    /// It has ended as it should, and is charged.
    var isWhole = false

    // The answer
    var status = 0
    var isEventStream = false
    /// A plain answer, until it is whole.
    var answer = ByteBuffer()
    var meter = StreamMeter()
    /// Bytes of events that have not been looked at: not whole yet, or held up.
    var partialEvent = ByteBuffer()
    var splitter = EventStreamSplitter()
    /// The choice whose final chunk came last: its usage follows.
    var lastFinishedChoice = 0
    /// A plain answer that is put together out of a stream; see ``AnswerAssembly``.
    var assembly: AnswerAssembly?
    /// Of the engine's chunks, for those that we make.
    var identity = AnswerIdentity()
    /// The stream in the client's dialect, where it is not the core's.
    var translation: (any DialectStream)?
    /// Events of it on their way to `out`; kept for its capacity.
    var translated: [UInt8] = []
    /// The guardrail that the request names.
    var guarding: Guarding?
    /// The prompt's tokens are all that was asked for.
    var counting: CountingStage?
    /// What goes to the client at the next flush.
    var out = ChunkedBody()
    /// What is kept back until the journal is synced: the end of a stream.
    var ending = ChunkedBody()
    /// The whole of a plain answer, kept back likewise.
    var plainEnding: ByteBuffer?
    var hasAnswered = false
    var sawDone = false
    var hasEngineEnded = false
    var extensionIsPending = false
    var extensionDeadline: Int64 = .max
    /// The stream waits for money that it needs to go on.
    var isHeldUp = false
    var stopped: Clamp?
    var hasFirstToken = false
    /// When the engine was asked, and when its last byte came: what lies between is not our time.
    var askedAt: Int64 = 0
    var engineEndedAt: Int64 = 0

    /// The name by which whoever answers knows the model; nil: by the client's.
    var upstreamModel: String? {
        supply?.entry.offer.upstreamModel ?? model?.deployment.upstreamModel
    }
    var keyFile: String? {
        supply == nil ? model?.deployment.keyFile : supply?.entry.offer.keyFile
    }

    /// llama.cpp's server reports the usage of a single choice, whatever their number; only in a
    /// stream does each choice end with its own.
    var countsByChoice: Bool {
        guard replica?.engine == .llamaCpp, let scanned else { return false }
        return scanned.operation != .embedding
            && (scanned.choices > 1 || scanned.inputs > 1
                || scanned.operation == .completion && scanned.streaming)
    }

    var actor: OrganizationAccount.Actor { tier == .batch ? key.batchActor : key.actor }

    /// A plain answer for which the engine is asked as for a stream: where it counts right in no
    /// other way, and where it would not notice soon enough that its answer is no longer wanted.
    var isAskedAsStream: Bool {
        guard let scanned, !scanned.streaming, scanned.operation != .embedding else {
            return false
        }
        return countsByChoice || tier == .batch && replica?.engine == .llamaCpp
    }

    init(
        request: RequestID, operation: EngineOperation, dialect: (any Dialect.Type)?, key: KeyEntry
    ) {
        self.request = request
        self.requestText = "\(request)"
        self.endpoint = dialect?.endpoint ?? operation.endpoint
        self.operation = operation
        self.dialect = dialect
        self.key = key
    }
}
