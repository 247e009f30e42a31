import Vocabulary

/// The sections `compute` and `storage`.
extension PriceFile {
    private static let classes: [(field: String, purchaseClass: PurchaseClass)] =
        PurchaseClass.allCases.map { ($0.rawValue, $0) }

    static func compute(in top: PriceFileReader) throws(Failure) -> [ComputePrice] {
        guard let field = top.field("compute") else { return [] }
        return try entries(of: "accelerator type", in: field, file: top.file)
            .map { entry throws(Failure) in try compute(entry, file: top.file) }
    }

    private static func compute(
        _ entry: PriceFileField, file: String
    ) throws(Failure) -> ComputePrice {
        guard let accelerator = AcceleratorType(entry.name) else {
            throw PriceFileReader.failure(
                file, entry.line,
                "'\(entry.name)' cannot be an accelerator type: use letters, digits, '.', '_' and "
                    + "'-'.")
        }
        let reader = try PriceFileReader(
            entry.value, file: file, line: entry.line, subject: "accelerator type \(entry.name)",
            known: classes.map(\.field) + ["source", "date"])
        var prices: [PurchaseClass: Money] = [:]
        for (name, purchaseClass) in classes {
            if let field = reader.field(name) {
                prices[purchaseClass] = try reader.price(field, in: .acceleratorHour)
            }
        }
        guard !prices.isEmpty else {
            throw PriceFileReader.failure(
                file, entry.line,
                "accelerator type \(entry.name) needs one at least of "
                    + classes.map { "'\($0.field)'" }.joined(separator: ", ") + ".")
        }
        let origin = try reader.origin()
        return ComputePrice(
            accelerator: accelerator, reserved: prices[.reserved], onDemand: prices[.onDemand],
            spot: prices[.spot], source: origin.source, sourceDate: origin.date)
    }

    static func storage(in top: PriceFileReader) throws(Failure) -> [StoragePrice] {
        guard let field = top.field("storage") else { return [] }
        return try entries(of: "kind of storage", in: field, file: top.file)
            .map { entry throws(Failure) in try storage(entry, file: top.file) }
    }

    private static func storage(
        _ entry: PriceFileField, file: String
    ) throws(Failure) -> StoragePrice {
        guard entry.name == StoragePrice.volumes else {
            throw PriceFileReader.failure(
                file, entry.line,
                "there is no storage '\(entry.name)'; what is kept is '\(StoragePrice.volumes)'.")
        }
        let reader = try PriceFileReader(
            entry.value, file: file, line: entry.line, subject: "storage \(entry.name)",
            known: ["gib_month", "source", "date"])
        let price = try reader.price(try reader.required("gib_month"), in: .gibibyteMonth)
        let origin = try reader.origin()
        return StoragePrice(
            entry: entry.name, perGiBMonth: price, source: origin.source,
            sourceDate: origin.date)
    }
}
