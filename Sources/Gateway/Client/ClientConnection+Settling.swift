import Logging
import Fleet
import Link
import Synchronization
import Metering
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Stage 6: every request that was admitted ends here, once.
extension ClientConnection {
    /// Decides what is charged, ends the hold and the stay on the replica, and writes it down. When
    /// the phase is `settling` the answer's end is written once the journal is synced.
    func settle(_ exchange: Exchange, outcome: Outcome, known: TokenCounts, wasDelivered: Bool) {
        guard let hold = exchange.hold, let priced = exchange.priced, let replica = exchange.replica
        else { return }
        exchange.hold = nil
        let key = exchange.key
        let now = loop.now
        let result = key.account.state.withLock { account in
            let result = Settlement.settle(
                outcome: outcome, known: known, wasDelivered: wasDelivered,
                rate: priced.rate(in: exchange.tier),
                chargeLimit: account.chargeLimit(of: hold))
            account.settle(
                hold, charge: result.amount, used: result.billed + result.unbilled,
                for: exchange.actor,
                at: now)
            return result
        }
        exchange.isWhole = outcome == .completed || outcome == .stoppedAtLimit
        var opened = opened(exchange, hold: hold, priced: priced, replica: replica)
        if outcome == .completed { opened.line = line?.lent.line }
        let settled = SettledRequest(
            opened: opened,
            at: loop.clock.now(), outcome: outcome, billed: result.billed,
            unbilled: result.unbilled,
            unbilledReason: result.reason, amount: result.amount)
        // An engine that refused has ended its request itself; one that was never asked, too.
        let wasAborted = outcome != .completed && exchange.status < 400 && exchange.wasSent
        if outcome == .engineFailed || outcome == .timedOut {
            loop.logger.warning(
                "a request did not end well",
                metadata: [
                    "request": "\(exchange.requestText)", "model": "\(replica.model)",
                    "replica": "\(replica.replica)", "outcome": "\(outcome.rawValue)",
                ])
        }
        if line != nil {
            releaseLinePlace(
                exchange, counts: result.billed + result.unbilled, wasAborted: wasAborted)
        } else if let supply = exchange.supply {
            endSupply(of: exchange, supply, counts: result.billed + result.unbilled)
        } else {
            exchange.model?.pool.release(
                replica.replica, request: exchange.request,
                counts: result.billed + result.unbilled, wasAborted: wasAborted,
                wasServed: outcome == .completed || exchange.meter.hasDelivered, at: now)
        }
        // What was opened has to be closed; what no engine was ever sent leaves no trace.
        if exchange.wasSent {
            if opened.line != nil, let answer = exchange.plainEnding { keep(answer, of: exchange) }
            let waiter: JournalWaiter? =
                phase == .settling ? .connection(loop: loop.index, ticket) : nil
            writeStored(exchange)
            loop.journal.appendSynced(.settled(settled), notifying: waiter)
        }
        loop.meters.ended(
            exchange, outcome: outcome, billed: result.billed, at: now)
    }

    /// An answer's bytes go before the record that ends its request, in the same group.
    func keep(_ answer: ByteBuffer, of exchange: Exchange) {
        var answer = answer
        while answer.readableBytes > 0 {
            let length = min(answer.readableBytes, JournalCodec.answerPartBytes)
            loop.journal.append(
                .answerPart(exchange.request, answer.readBytes(length: length) ?? []))
        }
    }

    /// The journal has what this answer is billed: its end may be seen.
    func journalSynced() {
        guard phase == .settling, let exchange else { return }
        if line == nil { loop.meters.answered(exchange, at: loop.now) }
        let ending = exchange.plainEnding ?? exchange.ending.take(isEnd: true)
        keepAnswer(exchange, ending)
        write(ending, flush: true)
        finishAnswer()
    }

    /// The client is gone, in whatever phase.
    func clientLeft() {
        let left = phase
        phase = .closing
        dropControl()
        defer { if isAlone { endAlone() } }
        guard let exchange else {
            keepUnconfirmed()
            return
        }
        if left == .settling, let ending = exchange.plainEnding {
            // It will be charged, and nobody has read it.
            keepAnswer(exchange, ending)
            keepUnconfirmed()
        }
        self.exchange = nil
        requestNumber += 1
        // No engine has seen it. A stream has been written down all the same, and has to be closed.
        if exchange.engine?.isUnflushed == true, exchange.scanned?.streaming != true {
            exchange.wasSent = false
        }
        exchange.engine?.cancel()
        exchange.engine = nil
        switch left {
        case .waiting:
            if let ticket = exchange.queueTicket, let pool = exchange.model?.pool {
                // A place granted at this moment is given up when its news arrives.
                _ = pool.cancel(ticket)
            }
            giveBackHold(of: exchange)
        case .answering:
            settle(
                exchange, outcome: .abandoned, known: exchange.meter.delivered,
                wasDelivered: exchange.hasAnswered && exchange.meter.hasDelivered)
        case .idle, .receiving, .settling, .forwarding, .closing:
            break
        }
        endAttempt(exchange)
    }
}
