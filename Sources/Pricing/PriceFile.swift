package import Vocabulary

/// A reviewed price file, read and checked: what may become the next version of the price book.
package struct PriceFile: Hashable, Sendable {
    /// What a file is read for.
    package enum Purpose: Sendable {
        /// A whole version: `version` and `effective` must be there.
        case version
        /// One model's entry, added to the version in force: both may be left out.
        case entry
    }

    /// The highest price: dollars per million tokens.
    package static let highestPerMillion = Money.dollars(1_000_000)
    /// The highest price: dollars per accelerator-hour.
    package static let highestPerHour = Money.dollars(1000)
    /// The highest price: dollars per GiB-month.
    package static let highestPerGiBMonth = Money.dollars(1000)
    /// The most entries of one section.
    package static let maximumEntries = 10_000
    /// The longest model name, in characters.
    package static let maximumName = 200

    /// The file's name, for messages.
    package let name: String
    package let version: Int64?
    package let effective: Instant?
    package let models: [ModelPrice]
    package let compute: [ComputePrice]
    package let storage: [StoragePrice]
    private let versionLine: Int
    private let effectiveLine: Int

    package init(
        name: String, contents: PriceFileNode, purpose: Purpose = .version
    ) throws(Failure) {
        let top = try PriceFileReader(
            contents, file: name, subject: "the file",
            known: ["version", "effective", "currency", "models", "compute", "storage"])
        self.name = name
        self.version = try Self.version(in: top, purpose)
        self.versionLine = top.field("version")?.line ?? contents.line
        self.effective = try Self.effective(in: top, purpose)
        self.effectiveLine = top.field("effective")?.line ?? contents.line
        try Self.checkCurrency(in: top)
        self.compute = try Self.compute(in: top)
        self.storage = try Self.storage(in: top)
        let sellsModels = top.field("models") != nil || compute.isEmpty
        self.models = sellsModels ? try Self.models(in: top) : []
    }

    /// The file as the version of the price book that follows `latest`.
    ///
    /// - Throws: `invalid_request` unless the version grows and takes effect no earlier than the
    ///   one before it.
    package func book(after latest: PriceBook?) throws(Failure) -> PriceBook {
        let version = version ?? (latest?.version ?? 0) + 1
        guard let effective = effective ?? latest?.effective else {
            throw PriceFileReader.failure(name, effectiveLine, "the file lacks 'effective'.")
        }
        if let latest {
            guard version > latest.version else {
                throw PriceFileReader.failure(
                    name, versionLine,
                    "version \(version) is not above \(latest.version), which was applied already "
                        + "and cannot change. Write 'version: \(latest.version + 1)'.")
            }
            guard effective >= latest.effective else {
                throw PriceFileReader.failure(
                    name, effectiveLine,
                    "\(effective) is before version \(latest.version) takes effect, "
                        + "\(latest.effective). Versions take effect in their order.")
            }
        }
        return PriceBook(
            version: version, effective: effective,
            models: Dictionary(models.map { ($0.model, $0) }) { first, _ in first },
            compute: Dictionary(compute.map { ($0.accelerator.text, $0) }) { first, _ in first },
            storage: Dictionary(storage.map { ($0.entry, $0) }) { first, _ in first })
    }

    /// `latest` with the file's entry for `model`, as the next version, in force from `now` on.
    package func extending(
        _ latest: PriceBook?, with model: String, at now: Instant
    ) throws(Failure) -> PriceBook {
        guard let entry = models.first(where: { $0.model == model }) else {
            throw Failure(
                .invalidRequest,
                "\(name) has no entry for \(model), but for "
                    + models.map(\.model).joined(separator: ", ")
                    + ". Name the entry after the model.", parameter: name)
        }
        var book =
            latest ?? PriceBook(version: 0, effective: now, models: [:])
        book.version += 1
        book.effective = max(now, book.effective)
        book.models[model] = entry
        return book
    }
}

extension PriceFile {
    private static func version(
        in top: PriceFileReader, _ purpose: Purpose
    ) throws(Failure) -> Int64? {
        if purpose == .entry, top.field("version") == nil { return nil }
        let field = try top.required("version")
        guard let version = Int64(try top.text(field)), version > 0 else {
            throw PriceFileReader.failure(
                top.file, field.line, "'version' must be a whole number from 1.")
        }
        return version
    }

    private static func effective(
        in top: PriceFileReader, _ purpose: Purpose
    ) throws(Failure) -> Instant? {
        if purpose == .entry, top.field("effective") == nil { return nil }
        let field = try top.required("effective")
        guard let effective = Instant(try top.text(field)) else {
            throw PriceFileReader.failure(
                top.file, field.line,
                "'effective' must be a time in UTC, such as 2026-12-01T00:00:00Z.")
        }
        return effective
    }

    private static func checkCurrency(in top: PriceFileReader) throws(Failure) {
        guard let field = top.field("currency") else { return }
        guard try top.text(field) == "USD" else {
            throw PriceFileReader.failure(
                top.file, field.line, "prices are in US dollars: write 'currency: USD'.")
        }
    }

    private static func models(in top: PriceFileReader) throws(Failure) -> [ModelPrice] {
        try entries(of: "model", in: try top.required("models"), file: top.file)
            .map { entry throws(Failure) in try model(entry, file: top.file) }
    }

    /// What a section lists by name, each name once.
    static func entries(
        of noun: String, in field: PriceFileField, file: String
    ) throws(Failure) -> [PriceFileField] {
        guard case .mapping(let entries) = field.value.content, !entries.isEmpty else {
            throw PriceFileReader.failure(
                file, field.line,
                "'\(field.name)' must have an entry for each \(noun), by its name.")
        }
        guard entries.count <= maximumEntries else {
            throw PriceFileReader.failure(
                file, field.line, "'\(field.name)' has at most \(maximumEntries) entries.")
        }
        var lines: [String: Int] = [:]
        for entry in entries {
            if let first = lines[entry.name] {
                throw PriceFileReader.failure(
                    file, entry.line,
                    "\(noun) \(entry.name) stands twice, first on line \(first). Keep one.")
            }
            lines[entry.name] = entry.line
        }
        return entries
    }

    private static let classes: [(field: String, tokenClass: TokenClass)] = [
        ("input", .input), ("cached_input", .cacheRead), ("cache_write", .cacheWrite),
        ("output", .output), ("reasoning", .reasoning), ("embedding", .embedding),
    ]

    private static func model(
        _ entry: PriceFileField, file: String
    ) throws(Failure) -> ModelPrice {
        guard (1...maximumName).contains(entry.name.count) else {
            throw PriceFileReader.failure(
                file, entry.line, "a model's name has 1 to \(maximumName) characters.")
        }
        let reader = try PriceFileReader(
            entry.value, file: file, line: entry.line, subject: "model \(entry.name)",
            known: classes.map(\.field) + ["source", "date"])
        var prices: [TokenClass: Money] = [:]
        for (name, tokenClass) in classes {
            if let field = reader.field(name) {
                prices[tokenClass] = try reader.price(field, in: .millionTokens)
            }
        }
        try complete(&prices, entry, file: file)
        let origin = try reader.origin()
        return ModelPrice(
            model: entry.name, perMillion: prices, source: origin.source, sourceDate: origin.date)
    }

    /// A class that is left out never becomes free: it costs what its plain sibling costs.
    private static func complete(
        _ prices: inout [TokenClass: Money], _ entry: PriceFileField, file: String
    ) throws(Failure) {
        guard (prices[.input] == nil) == (prices[.output] == nil),
            prices[.input] != nil || prices[.embedding] != nil
        else {
            throw PriceFileReader.failure(
                file, entry.line,
                "model \(entry.name) needs 'input' and 'output', or 'embedding', or all three.")
        }
        if prices[.input] == nil {
            for tokenClass in [TokenClass.cacheRead, .cacheWrite, .reasoning]
            where prices[tokenClass] != nil {
                throw PriceFileReader.failure(
                    file, entry.line,
                    "model \(entry.name) has a price for \(tokenClass.rawValue) but no 'input' "
                        + "and 'output'.")
            }
        }
        prices[.cacheRead] = prices[.cacheRead] ?? prices[.input]
        prices[.cacheWrite] = prices[.cacheWrite] ?? prices[.input]
        prices[.reasoning] = prices[.reasoning] ?? prices[.output]
    }
}
