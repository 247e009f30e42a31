import Vocabulary

/// The bytes of a journal record: a 32-bit payload length, the payload's CRC-32C, then the payload;
/// little-endian. A length of zero is the zero-filled rest of a segment: no record there yet.
///
/// Offsets are absolute over all segments of a journal and never used twice.
package enum JournalCodec {
    package static let headerBytes = 8
    /// A larger length is damage, not a record.
    package static let maximumPayloadBytes = 64 << 10
    /// The most bytes of an answer in one record.
    package static let answerPartBytes = 32 << 10
    /// Room for any record that is written: its fields, and one text of
    /// ``ByteWriter/maximumTextBytes``.
    private static let encodingBytes = 1000

    package static func encode(_ record: JournalRecord) -> [UInt8] {
        var capacity = encodingBytes
        if case .answerPart(_, let bytes) = record { capacity += bytes.count }
        return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.write(UInt64(0))
            write(record, to: &writer)
            count = writer.count
            seal(
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
        }
    }

    private static func write(_ record: JournalRecord, to writer: inout ByteWriter) {
        switch record {
        case .epoch(let gateway, let epoch, let at):
            writer.write(Kind.epoch.rawValue)
            writer.write(gateway)
            writer.write(epoch)
            writer.write(at.microseconds)
        case .opened(let opened):
            writer.write(Kind.opened.rawValue)
            write(opened, to: &writer)
            writeTerms(of: opened, to: &writer)
        case .checkpoint(let request, let delivered, let at):
            writer.write(Kind.checkpoint.rawValue)
            writer.write(request)
            writer.write(delivered)
            writer.write(at.microseconds)
        case .settled(let settled):
            writer.write(Kind.settled.rawValue)
            write(settled, to: &writer)
            writeTerms(of: settled.opened, to: &writer)
        case .returned(let scope, let amount, let at):
            writer.write(Kind.returned.rawValue)
            writer.write(scope.description)
            writer.write(amount.units)
            writer.write(at.microseconds)
        case .abandoned(let request, let counts, let at):
            writer.write(Kind.abandoned.rawValue)
            writer.write(request)
            writer.write(counts)
            writer.write(at.microseconds)
        case .answerPart(let request, let bytes):
            writer.write(Kind.answerPart.rawValue)
            writer.write(request)
            writer.write(bytes)
        case .lineRefused(let line, let request, let status, let at):
            writer.write(Kind.lineRefused.rawValue)
            writer.write(line.batch)
            writer.write(line.number)
            writer.write(request)
            writer.write(Int64(status))
            writer.write(at.microseconds)
        }
    }

    /// Decodes a payload whose checksum has been verified; nil if this version does not know it.
    package static func decode(payload: UnsafeRawBufferPointer) -> JournalRecord? {
        var reader = ByteReader(payload)
        guard let kind = reader.read(UInt8.self).flatMap(Kind.init(rawValue:)) else { return nil }
        switch kind {
        case .epoch:
            guard let gateway = reader.readIdentifier(of: GatewayProcess.self),
                let epoch = reader.read(Int64.self), let at = reader.readInstant()
            else { return nil }
            return .epoch(gateway, epoch: epoch, at: at)
        case .opened:
            guard var opened = readOpened(&reader), readTerms(&reader, into: &opened) else {
                return nil
            }
            return .opened(opened)
        case .checkpoint:
            guard let request = reader.readIdentifier(of: ModelRequest.self),
                let counts = reader.readCounts(), let at = reader.readInstant()
            else { return nil }
            return .checkpoint(request, delivered: counts, at: at)
        case .settled:
            guard var settled = readSettled(&reader), readTerms(&reader, into: &settled.opened)
            else { return nil }
            return .settled(settled)
        case .returned:
            guard let scope = reader.readText().flatMap({ Scope($0) }),
                let amount = reader.readMoney(), let at = reader.readInstant()
            else { return nil }
            return .returned(scope, amount, at: at)
        case .abandoned:
            guard let request = reader.readIdentifier(of: ModelRequest.self),
                let counts = reader.readCounts(), let at = reader.readInstant()
            else { return nil }
            return .abandoned(request, counts, at: at)
        case .answerPart:
            guard let request = reader.readIdentifier(of: ModelRequest.self) else { return nil }
            return .answerPart(request, reader.readRest())
        case .lineRefused:
            guard let batch = reader.readIdentifier(of: Batch.self),
                let number = reader.read(Int64.self),
                let request = reader.readIdentifier(of: ModelRequest.self),
                let status = reader.read(Int64.self), let at = reader.readInstant()
            else { return nil }
            return .lineRefused(
                BatchLine(batch: batch, number: number), request, status: Int(status), at: at)
        }
    }

    private enum Kind: UInt8 {
        case epoch = 1
        case opened, checkpoint, settled, returned, abandoned, answerPart, lineRefused
    }

    /// Fills the header's length and checksum in.
    private static func seal(_ buffer: UnsafeMutableRawBufferPointer) {
        let payload = UnsafeRawBufferPointer(rebasing: buffer[headerBytes...])
        let length = UInt32(payload.count).littleEndian
        let checksum = Checksum.crc32c(payload).littleEndian
        buffer.storeBytes(of: length, toByteOffset: 0, as: UInt32.self)
        buffer.storeBytes(of: checksum, toByteOffset: 4, as: UInt32.self)
    }

    private static func write(_ opened: OpenedRequest, to writer: inout ByteWriter) {
        writer.write(opened.request)
        writer.write(opened.organization)
        writer.write(opened.project)
        writer.write(opened.key)
        writer.write(opened.replica)
        writer.write(opened.model)
        writer.write(opened.endpoint.journalCode)
        writer.write(UInt8(opened.streaming ? 1 : 0))
        writer.write(opened.at.microseconds)
        writer.write(opened.priceVersion)
        writer.write(opened.hold.units)
    }

    /// What a request of the standard tier without anything further does not have: nothing is
    /// written for it, and older journals have nothing for any.
    private static func writeTerms(of opened: OpenedRequest, to writer: inout ByteWriter) {
        guard opened.tier != .standard || opened.profile != nil || opened.line != nil else {
            return
        }
        writer.write(opened.tier.journalCode)
        writer.write(UInt8(opened.profile == nil ? 0 : 1))
        if let profile = opened.profile { writer.write(profile) }
        writer.write(UInt8(opened.line == nil ? 0 : 1))
        if let line = opened.line {
            writer.write(line.batch)
            writer.write(line.number)
        }
    }

    /// False if there is something that this version does not know.
    private static func readTerms(
        _ reader: inout ByteReader, into opened: inout OpenedRequest
    ) -> Bool {
        guard !reader.isAtEnd else { return true }
        guard let tier = reader.read(UInt8.self).flatMap(ServiceTier.init(journalCode:)),
            let hasProfile = reader.read(UInt8.self)
        else { return false }
        opened.tier = tier
        if hasProfile != 0 {
            guard let profile = reader.readIdentifier(of: InferenceProfile.self) else {
                return false
            }
            opened.profile = profile
        }
        guard let hasLine = reader.read(UInt8.self) else { return false }
        if hasLine != 0 {
            guard let batch = reader.readIdentifier(of: Batch.self),
                let number = reader.read(Int64.self)
            else { return false }
            opened.line = BatchLine(batch: batch, number: number)
        }
        return reader.isAtEnd
    }

    private static func readOpened(_ reader: inout ByteReader) -> OpenedRequest? {
        guard let request = reader.readIdentifier(of: ModelRequest.self),
            let organization = reader.readIdentifier(of: Organization.self),
            let project = reader.readIdentifier(of: Project.self),
            let key = reader.readIdentifier(of: APIKey.self),
            let replica = reader.readIdentifier(of: ReplicaProcess.self),
            let model = reader.readText(),
            let endpoint = reader.read(UInt8.self).flatMap(Endpoint.init(journalCode:)),
            let streaming = reader.read(UInt8.self), let at = reader.readInstant(),
            let priceVersion = reader.read(Int64.self), let hold = reader.readMoney()
        else { return nil }
        return OpenedRequest(
            request: request, organization: organization, project: project, key: key,
            replica: replica, model: model, endpoint: endpoint, streaming: streaming != 0, at: at,
            priceVersion: priceVersion, hold: hold)
    }

    private static func write(_ settled: SettledRequest, to writer: inout ByteWriter) {
        write(settled.opened, to: &writer)
        writer.write(settled.at.microseconds)
        writer.write(settled.outcome.rawValue)
        writer.write(settled.billed)
        writer.write(settled.unbilled)
        writer.write(settled.unbilledReason?.rawValue ?? "")
        writer.write(settled.amount.units)
    }

    private static func readSettled(_ reader: inout ByteReader) -> SettledRequest? {
        guard let opened = readOpened(&reader), let at = reader.readInstant(),
            let outcome = reader.readText().flatMap(Outcome.init(rawValue:)),
            let billed = reader.readCounts(), let unbilled = reader.readCounts(),
            let reason = reader.readText(), let amount = reader.readMoney()
        else { return nil }
        return SettledRequest(
            opened: opened, at: at, outcome: outcome, billed: billed, unbilled: unbilled,
            unbilledReason: UnbilledReason(rawValue: reason), amount: amount)
    }
}

extension Endpoint {
    /// Written to journals: a number here never changes its meaning.
    fileprivate var journalCode: UInt8 {
        switch self {
        case .chatCompletions: 1
        case .completions: 2
        case .embeddings: 3
        case .messages: 4
        case .converse: 5
        case .invokeModel: 6
        case .responses: 7
        }
    }

    fileprivate init?(journalCode: UInt8) {
        switch journalCode {
        case 1: self = .chatCompletions
        case 2: self = .completions
        case 3: self = .embeddings
        case 4: self = .messages
        case 5: self = .converse
        case 6: self = .invokeModel
        case 7: self = .responses
        default: return nil
        }
    }
}

extension ServiceTier {
    /// Written to journals: a number here never changes its meaning.
    fileprivate var journalCode: UInt8 {
        switch self {
        case .standard: 1
        case .batch: 2
        }
    }

    fileprivate init?(journalCode: UInt8) {
        switch journalCode {
        case 1: self = .standard
        case 2: self = .batch
        default: return nil
        }
    }
}
