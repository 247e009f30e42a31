import Synchronization
import Fleet
import Metering
import NIOCore
import Pricing
import RequestPath
import Vocabulary
import Wire

/// Stages 2 to 4: what is asked for, whether it can be paid, and where it runs.
extension ClientConnection {
    func decide(_ exchange: Exchange) {
        noteAsked(exchange)
        do throws(Failure) {
            if try fetchesConversation(exchange) { return }
        } catch {
            respond(error)
            return
        }
        decideOn(exchange)
    }

    func decideOn(_ exchange: Exchange) {
        do {
            try understand(exchange)
        } catch {
            respond(error)
            return
        }
        if let guarding = exchange.guarding, guarding.isInputBlocked {
            return answerBlocked(exchange, guarding)
        }
        if isFirstAttempt(exchange) { beginAdmission(exchange) }
    }

    func beginAdmission(_ exchange: Exchange) {
        phase = .waiting
        deadline = loop.now + loop.waits.moneyWait
        admit(exchange)
    }

    /// Reads the body and finds the model.
    private func understand(_ exchange: Exchange) throws(Failure) {
        let extensions = try translate(exchange)
        try scan(exchange)
        guard let scanned = exchange.scanned else { return }
        guard let model = loop.directory.models[scanned.model], exchange.key.mayCall(scanned.model),
            let priced = model.rate(at: loop.clock.now())
        else {
            throw OpenAIErrorBody.unknownModel(scanned.model)
        }
        try check(scanned, against: model)
        if let name = extensions.first, model.deployment.engine == .openAI {
            throw Failure(
                .unsupported, "`\(name)` is not supported by \(scanned.model).", parameter: name)
        }
        if exchange.counting != nil { try checkCounting(scanned, model.deployment) }
        // Suppliers know neither their tokenizer's address nor members of open engines.
        if exchange.counting != nil || !extensions.isEmpty { exchange.staysHome = true }
        if let guarding = exchange.guarding { try guardInput(exchange, guarding) }
        exchange.model = model
        exchange.priced = priced
        exchange.demand =
            exchange.counting == nil
            ? try demand(
                of: exchange.scanned ?? scanned, model: model, rate: priced.rate(in: exchange.tier))
            : Demand(
                rate: priced.rate(in: exchange.tier), promptTokens: 0, generatedTokens: 0,
                minimumGenerated: 0,
                holdChunk: nil)
    }

    func scan(_ exchange: Exchange) throws(Failure) {
        var failure: Failure?
        exchange.body.withUnsafeReadableBytes { bytes in
            do throws(Failure) {
                exchange.scanned = try OpenAIRequestScanner.scan(
                    bytes, operation: exchange.operation)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func check(
        _ scanned: ScannedRequest, against model: ModelEntry
    ) throws(Failure) {
        let needed: Capability =
            switch scanned.operation {
            case .chat: .chat
            case .completion: .completions
            case .embedding: .embeddings
            }
        guard model.deployment.capabilities.contains(needed) else {
            throw Failure(
                .unsupported,
                "\(model.deployment.model) does not do \(scanned.operation.rawValue).",
                parameter: "model")
        }
        if scanned.imageParts > 0, !model.deployment.capabilities.contains(.images) {
            throw Failure(
                .unsupported, "\(model.deployment.model) does not read images. Send text alone.",
                parameter: "messages")
        }
        // An engine that fetches a customer's address could be led into the fleet's own network.
        if scanned.remoteImageParts > 0, model.deployment.modelFile != nil {
            throw Failure(
                .unsupported,
                "Pictures are not fetched here. Send them inline: 'data:image/png;base64,…'.",
                parameter: "messages")
        }
        if scanned.usesTools, !model.deployment.capabilities.contains(.tools) {
            throw Failure(
                .unsupported, "\(model.deployment.model) does not call tools.", parameter: "tools")
        }
    }

    private func demand(
        of scanned: ScannedRequest, model: ModelEntry, rate: Rate
    ) throws(Failure) -> Demand {
        let inputs = Int64(max(1, scanned.inputs))
        // A text has at most as many tokens as bytes; images have no such bound but the context.
        let prompt =
            scanned.imageParts > 0
            ? model.deployment.contextLength
            : min(
                Int64(scanned.promptBytes) + loop.limits.templateTokens,
                model.deployment.contextLength * inputs)
        var generated: Int64 = 0
        if scanned.operation != .embedding {
            let wanted = min(
                scanned.maximumTokens ?? model.deployment.maximumOutputTokens,
                model.deployment.maximumOutputTokens)
            generated = wanted * scanned.choices * inputs
        }
        return Demand(
            rate: rate, promptTokens: prompt, generatedTokens: generated,
            minimumGenerated: min(
                generated, loop.limits.minimumGenerated * scanned.choices * inputs),
            holdChunk: scanned.streaming ? loop.limits.holdChunk * scanned.choices * inputs : nil)
    }

    /// Sets money and tokens aside, or waits for money.
    private func admit(_ exchange: Exchange) {
        guard let demand = exchange.demand else { return }
        let now = loop.now
        let key = exchange.key
        let decision = key.account.state.withLock { $0.admit(demand, for: exchange.actor, at: now) }
        switch decision {
        case .admitted(let hold, let ahead):
            if !ahead.isEmpty { loop.borrow(ahead, key.account) }
            exchange.hold = hold
            findPlace(exchange)
        case .borrow(let shortages):
            loop.borrow(shortages, key.account, for: ticket)
        case .refused(let failure):
            respond(failure)
        }
    }

    func moneyArrived() {
        guard let exchange else { return }
        // The news may be late: a stream that ended meanwhile holds nothing and wants nothing.
        switch phase {
        case .waiting where exchange.awaitsFirst || exchange.awaitsConversation: break
        case .waiting where exchange.hold == nil:
            admit(exchange)
        case .waiting where exchange.awaitsSupplier:
            exchange.awaitsSupplier = false
            findPlace(exchange)
        case .answering where exchange.hold != nil:
            exchange.extensionIsPending = false
            continueStream()
        default: break
        }
    }

    func findPlace(_ exchange: Exchange) {
        guard let model = exchange.model else { return }
        if let line {
            guard let replica = line.replica else {
                // The model has come since: the line is tried again, with a place.
                refuseAdmitted(Failure(.unavailable, "The model was not served a moment ago."))
                return
            }
            placeGranted(replica)
            return
        }
        let pool = model.pool
        if !model.supplies.isEmpty, goesOut(exchange, model) { return }
        switch pool.acquire(
            ticket, at: loop.now, wait: loop.waits.queueWait, limit: exchange.patience.seconds)
        {
        case .granted(let replica): placeGranted(replica)
        case .queued(let ticket):
            exchange.queueTicket = ticket
            self.deadline = .max
        case .refused(let failure): refuseAdmitted(refusal(of: exchange, or: failure))
        }
    }

    func queueExpired() {
        exchange?.queueTicket = nil
        if let failure = exchange?.model?.pool.warming(at: loop.now) {
            refuseAdmitted(failure)
            return
        }
        refuseAdmitted(
            Failure(
                .overloaded,
                "All replicas were busy for \(loop.limits.queueWait.components.seconds) s. Try again "
                    + "in a moment.", retry: .after(.seconds(1))))
    }

    /// A place that came after its request had gone.
    func giveUpPlace(_ replica: ReplicaSnapshot, in pool: ModelPool) {
        pool.release(
            replica.replica, request: loop.newRequestID(), counts: .zero, wasAborted: false,
            wasServed: false, at: loop.now)
    }

    /// Ends a request that was admitted but never reached an engine.
    func refuseAdmitted(_ failure: Failure) {
        guard let exchange else { return }
        giveBackHold(of: exchange)
        respond(failure)
    }

    func giveBackHold(of exchange: Exchange) {
        guard let hold = exchange.hold else { return }
        exchange.hold = nil
        let key = exchange.key
        let now = loop.now
        key.account.state.withLock { account in
            account.settle(hold, charge: .zero, used: .zero, for: exchange.actor, at: now)
        }
    }

    func waitTookTooLong() {
        guard let exchange else { return }
        if exchange.awaitsFirst {
            respond(
                Failure(
                    .timeout, "An earlier attempt of this request has not ended. Try again.",
                    retry: .after(.seconds(1))))
        } else if exchange.awaitsSupplier {
            exchange.awaitsSupplier = false
            exchange.staysHome = true
            findPlace(exchange)
        } else if exchange.hold == nil {
            respond(
                Failure(
                    .unavailable,
                    "The ledger cannot be reached to set money aside. Try again in a few seconds.",
                    retry: .after(.seconds(2))))
        }
    }

    /// A replica has a place: ask its engine.
    func placeGranted(_ replica: ReplicaSnapshot) {
        guard let exchange, exchange.hold != nil else { return }
        exchange.queueTicket = nil
        exchange.replica = replica
        // At a supplier the caps of that day hold it.
        if exchange.supply == nil { exchange.openedAt = loop.clock.now() }
        phase = .answering
        let now = loop.now
        deadline = now + loop.waits.firstByteWait
        exchange.deadline = now + loop.waits.streamDuration
        askEngine(exchange)
    }

    /// A stream is written down before its engine is sent the request.
    func noteSending(_ exchange: Exchange, to replica: ReplicaSnapshot) {
        guard !exchange.wasSent, exchange.counting == nil else { return }
        exchange.wasSent = true
        // What goes out is written down once it is answered: until then it may come back.
        guard exchange.supply == nil else { return }
        noteOpened(exchange, at: replica)
    }

    func noteOpened(_ exchange: Exchange, at replica: ReplicaSnapshot) {
        guard exchange.scanned?.streaming == true, let hold = exchange.hold,
            let priced = exchange.priced
        else { return }
        loop.journal.append(
            .opened(opened(exchange, hold: hold, priced: priced, replica: replica)))
    }

    func opened(
        _ exchange: Exchange, hold: Hold, priced: ModelEntry.PricedRate, replica: ReplicaSnapshot
    ) -> OpenedRequest {
        OpenedRequest(
            request: exchange.request, organization: exchange.key.account.organization,
            project: exchange.key.project, key: exchange.key.key, replica: replica.replica,
            model: replica.model, endpoint: exchange.endpoint,
            streaming: exchange.scanned?.streaming ?? false, at: exchange.openedAt,
            priceVersion: priced.version, hold: hold.amount, tier: exchange.tier,
            profile: exchange.profile)
    }
}
