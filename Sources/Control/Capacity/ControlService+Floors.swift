import CapacityPath
import Fleet
import Pricing
import Records
import Vocabulary
package import Wire

/// Floors: what capacity and tokens cost us, and which prices do not cover it.
extension ControlService {
    package func floors() async throws -> FloorsBody {
        let inventory = rental.path.declaredInventory
        let book = directory.priceBook(at: clock.now())
        return FloorsBody(
            pools: inventory.pools.compactMap { pool in
                inventory.floor(of: pool.name).map { Self.body(of: $0, book) }
            }, models: directory.served.map { floor(of: $0, book) })
    }

    private static func body(of floor: PoolFloor, _ book: PriceBook?) -> PoolFloorBody {
        let pool = floor.pool
        return PoolFloorBody(
            pool: pool.name, supplier: pool.supplier, accelerator: pool.shape.accelerator,
            plannedUseThousandths: floor.soldThousandths, full: floor.cost.full,
            avoidable: floor.cost.avoidable,
            parts: floor.parts.map {
                PoolFloorBody.Part(name: $0.name, amount: $0.amount, how: $0.how)
            }, avoidableHow: floor.avoidableHow,
            prices: PurchaseClass.allCases.compactMap { purchaseClass in
                guard let price = book?.price(of: pool.shape.accelerator, in: purchaseClass)
                else { return nil }
                let least = floor.cost.floor(for: purchaseClass)
                return PoolFloorBody.Price(
                    purchaseClass: purchaseClass, price: price, floor: least,
                    covered: price >= least)
            })
    }

    private func floor(of deployment: Deployment, _ book: PriceBook?) -> ModelFloorBody {
        var body = ModelFloorBody(model: deployment.model)
        if deployment.modelFile != nil, let pool = enginePool {
            body.pool = pool.name
            body.accelerators = AcceleratorCount(engineAccelerators(in: pool))
        }
        let tokens: TokenCost
        do throws(Failure) { tokens = try tokenCost(of: deployment) } catch {
            body.reason = error.message
            return body
        }
        let throughput = tokens.throughput
        body.inputTokensPerSecond = AcceleratorCount(
            Accelerators(thousandths: throughput.inputThousandths))
        body.outputTokensPerSecond = AcceleratorCount(
            Accelerators(thousandths: throughput.outputThousandths))
        body.measured = throughput.isMeasured
        body.throughputAt = throughput.at
        body.costPerHour = tokens.perHour
        body.costPerMillion = tokens.perMillion
        body.avoidablePerMillion = tokens.avoidablePerMillion
        body.how = tokens.how
        if let price = book?.models[deployment.priceAs] {
            let (input, output) = price.floorPrices
            body.pricePerMillion = tokens.takings(input: input, output: output)
            body.covered = tokens.isCovered(input: input, output: output)
        }
        return body
    }

    /// What the tokens of a model cost us.
    ///
    /// - Throws: `not_found` with the reason why nobody knows.
    private func tokenCost(of deployment: Deployment) throws(Failure) -> TokenCost {
        guard deployment.modelFile != nil else {
            throw Failure(
                .notFound,
                deployment.supplier.map { "what it costs at \($0) is in the inventory" }
                    ?? "it runs at somebody else's server, whose price is not declared")
        }
        guard let pool = enginePool, let cost = rental.path.declaredInventory.cost(of: pool.name)
        else { throw Failure(.notFound, "the inventory does not say what this machine costs") }
        guard let throughput = rental.path.throughput(of: deployment.model),
            let tokens = TokenCost(
                throughput, accelerators: engineAccelerators(in: pool), cost: cost)
        else {
            throw Failure(.notFound, "its throughput is not known: 'spillway model throughput'")
        }
        return tokens
    }

    // MARK: Prices

    /// What a price book would sell below its floor everywhere, each with its sum.
    func belowFloor(_ book: PriceBook) -> [Failure] {
        let inventory = rental.path.declaredInventory
        var failures: [Failure] = []
        for entry in book.compute.keys.sorted() {
            let pools = inventory.pools.filter { $0.shape.accelerator.text == entry }
            for purchaseClass in PurchaseClass.allCases {
                guard let price = book.compute[entry]?[purchaseClass] else { continue }
                let found = pools.compactMap { pool -> (Money, Failure)? in
                    guard let cost = inventory.cost(of: pool.name) else { return nil }
                    do throws(Failure) {
                        try cost.check(
                            price, in: purchaseClass, pool: pool.name, showsCost: true)
                        return nil
                    } catch { return (cost.floor(for: purchaseClass), error) }
                }
                // Where one pool can be sold at the price it is a price: the others are not sold.
                guard found.count == pools.count,
                    let least = found.min(by: { $0.0 < $1.0 })
                else { continue }
                failures.append(least.1)
            }
        }
        for deployment in directory.served {
            guard let price = book.models[deployment.priceAs] else { continue }
            do throws(Failure) { try requireCovered(deployment, price) } catch {
                failures.append(error)
            }
        }
        return failures
    }

    /// - Throws: `conflict` where a model's price does not cover what its tokens cost.
    func requireCovered(_ deployment: Deployment, _ price: ModelPrice) throws(Failure) {
        if let supplier = deployment.supplier,
            let offer = remoteSupply(supplier)?.models.first(where: { $0.model == deployment.model }
            )
        {
            let cost = Rate(perMillion: offer.perMillion)
            guard let short = Rate(price).shortfall(below: cost) else { return }
            throw Failure(
                .conflict,
                "Nothing is sold below its floor. \(supplier) takes \(short.cost * 1_000_000) "
                    + "dollars per million \(short.class.rawValue) of \(deployment.model), and "
                    + "its price is \(short.price * 1_000_000). Raise the price, or correct the "
                    + "inventory.", parameter: "file")
        }
        guard let tokens = try? tokenCost(of: deployment) else { return }
        let (input, output) = price.floorPrices
        try tokens.check(input: input, output: output, model: deployment.model)
    }

    // MARK: Throughput

    package func declareThroughput(
        of model: String, _ body: ThroughputBody
    ) async throws -> ModelFloorBody {
        guard let deployment = directory.served.first(where: { $0.model == model }) else {
            throw Failure(
                .notFound, "No model '\(model)' is served; 'spillway model list' shows all.")
        }
        let input = body.inputTokensPerSecond.accelerators.thousandths
        let output = body.outputTokensPerSecond.accelerators.thousandths
        guard input + output > 0 else {
            throw Failure(
                .invalidRequest, "Say more than no tokens per second.",
                parameter: "output_tokens_per_second")
        }
        let throughput = TokenThroughput(
            inputThousandths: input, outputThousandths: output,
            isMeasured: body.measured ?? false, at: clock.now())
        try transactCapacity { try fold(.throughputDeclared(model, throughput), $0) }
        return floor(of: deployment, directory.priceBook(at: clock.now()))
    }
}

extension ModelPrice {
    /// What is taken for a million tokens of prompts and of answers; an embedding is a prompt.
    fileprivate var floorPrices: (input: Money, output: Money) {
        (
            perMillion[.input] ?? perMillion[.embedding] ?? .zero,
            perMillion[.output] ?? .zero
        )
    }
}
