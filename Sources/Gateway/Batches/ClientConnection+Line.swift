import Link
import Metering
import NIOCore
import NIOHTTP1
import RequestPath
import Vocabulary
import Wire

/// A batch's line in place of a client's request: nothing is written to anybody, its answer goes
/// into the journal before what it is charged.
extension ClientConnection {
    func run(_ line: RunningLine, for key: KeyEntry) {
        self.line = line
        phase = .receiving
        keepAlive = true
        loop.connections[ObjectIdentifier(self)] = self
        let request = loop.newRequestID()
        intake.requestID = request
        var operation = EngineOperation.chat
        var address = DialectAddress(purpose: .answer)
        switch GatewayRoute.find(method: .POST, uri: line.lent.address) {
        case .model(let asked): operation = asked
        case .chat(let dialect, let asked):
            intake.dialect = dialect
            address = asked
        default: break
        }
        let exchange = Exchange(
            request: request, operation: operation, dialect: intake.dialect, key: key)
        exchange.tier = .batch
        exchange.address = address
        exchange.body = ByteBuffer(string: line.lent.body)
        exchange.receivedAt = loop.now
        self.exchange = exchange
        decide(exchange)
    }

    func releaseLinePlace(_ exchange: Exchange, counts: TokenCounts, wasAborted: Bool) {
        line?.leavePlace(
            exchange.request, counts: counts, wasAborted: wasAborted,
            wasServed: exchange.isWhole || exchange.meter.hasDelivered)
    }

    /// An interactive request needs the place, or the batch is called back.
    func yieldLine() {
        guard let line, let exchange else { return }
        switch phase {
        case .waiting:
            giveBackHold(of: exchange)
        case .answering:
            if exchange.engine?.isUnflushed == true { exchange.wasSent = false }
            exchange.engine?.cancel()
            exchange.engine = nil
            settle(
                exchange, outcome: .yielded, known: exchange.meter.delivered, wasDelivered: false)
        case .idle, .receiving, .settling, .forwarding, .closing:
            // Its end is being written down.
            return
        }
        line.fate = .yielded
        lineEnded()
    }

    /// The request came to nothing: it is tried again, or this is its answer.
    func lineFailed(_ failure: Failure) {
        guard let line, let exchange else { return }
        line.leavePlace(exchange.request)
        let isEngines = failure.code == .engineFailed || failure.code == .timeout
        let isWorthATry = isEngines ? line.runner.mayFailAgain(line) : failure.fault == .ours
        if isWorthATry {
            line.fate = .failed(isEngines: isEngines)
            lineEnded()
            return
        }
        let body: [UInt8]
        let status: Int
        if let dialect = exchange.dialect {
            body = dialect.error(failure, requestID: exchange.requestText)
            status = dialect.status(of: failure.code)
        } else {
            body = OpenAIErrorBody.make(failure, requestID: exchange.requestText)
            status = OpenAIStatus.status(of: failure.code)
        }
        keep(ByteBuffer(bytes: body), of: exchange)
        phase = .settling
        loop.journal.appendSynced(
            .lineRefused(
                line.lent.line, exchange.request, status: status, at: loop.clock.now()),
            notifying: .connection(loop: loop.index, ticket))
    }

    /// The line is done with, here.
    func lineEnded() {
        guard let line else { return }
        line.leavePlace(exchange?.request ?? RequestID(high: 0, low: 0))
        self.line = nil
        exchange = nil
        intake = Intake()
        requestNumber += 1
        phase = .idle
        deadline = .max
        loop.connections[ObjectIdentifier(self)] = nil
        line.runner.stopped(line, self, line.fate)
    }
}
