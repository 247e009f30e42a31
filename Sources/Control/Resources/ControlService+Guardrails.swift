package import Guardrails
import Link
import Records
package import Vocabulary
import Wire

/// Customers' guardrails: a draft that changes, and versions that do not.
extension ControlService {
    /// Of one project.
    package static let maximumGuardrails = 20
    package static let maximumGuardrailVersions = 20
    /// Of one project, in bytes as they are kept: gateways have all of them in memory.
    package static let maximumGuardrailBytes = 512 << 10
    /// Of all projects: whatever changes, every gateway is sent all of them in one message.
    package static let maximumGuardrailBytesOfAll = 16 << 20

    private static let idLength = 12

    package func createGuardrail(
        _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailCreatedBody {
        let policy = try form.policy()
        let token = form.clientRequestToken.map { "\(project)/guardrail/\($0)" }
        let made = try once("guardrail.create", form, key: token) { records in
            let present = directory.guardrails[project] ?? [:]
            guard present.count < Self.maximumGuardrails else {
                throw Failure(
                    .insufficientQuota,
                    "A project has at most \(Self.maximumGuardrails) guardrails. Delete one.")
            }
            try checkName(form.name, of: nil, in: project)
            let id: Identifier<GuardrailName> = makeIdentifier()
            let row = GuardrailRow(
                project: project, guardrail: String("\(id)".suffix(Self.idLength)),
                version: GuardrailRow.draft,
                settings: GuardrailRow.Settings(
                    name: form.name, description: form.description, policy: policy),
                createdAt: clock.now(), updatedAt: clock.now())
            try records.insert(row)
            keep(row)
            try checkGuardrailBytes(of: project)
            return GuardrailCreatedBody(
                guardrailId: row.guardrail, guardrailArn: BedrockName.ofGuardrail(row.guardrail),
                createdAt: row.createdAt)
        }
        snapshotChanged()
        return made
    }

    package func updateGuardrail(
        _ identifier: String, _ form: GuardrailForm, for project: ProjectID
    ) async throws -> GuardrailUpdatedBody {
        let policy = try form.policy()
        let row = try transact { records in
            var row = try guardrail(identifier, version: "DRAFT", of: project)
            try checkName(form.name, of: row.guardrail, in: project)
            row.settings.name = form.name
            row.settings.description = form.description
            row.settings.policy = policy
            row.updatedAt = clock.now()
            try records.update(row)
            keep(row)
            try checkGuardrailBytes(of: project)
            return row
        }
        snapshotChanged()
        return GuardrailUpdatedBody(
            guardrailId: row.guardrail, guardrailArn: BedrockName.ofGuardrail(row.guardrail),
            updatedAt: row.updatedAt)
    }

    /// The draft as it is now, under the next number; numbers are never given twice.
    package func createGuardrailVersion(
        _ identifier: String, _ form: GuardrailVersionForm, for project: ProjectID
    ) async throws -> GuardrailVersionBody {
        try GuardrailForm.check(form.description, "description", GuardrailForm.maximumDescription)
        let draft = try guardrail(identifier, version: "DRAFT", of: project)
        let token = form.clientRequestToken.map { "\(project)/guardrail/\($0)" }
        let made = try once(
            "guardrail.version/\(draft.guardrail)", form, key: token
        ) { records in
            var draft = draft
            let versions = directory.guardrails[project]?[draft.guardrail] ?? [:]
            guard versions.count <= Self.maximumGuardrailVersions else {
                throw Failure(
                    .insufficientQuota,
                    "A guardrail has at most \(Self.maximumGuardrailVersions) versions. Delete one."
                )
            }
            draft.settings.lastVersion += 1
            try records.update(draft)
            keep(draft)
            var row = draft
            row.version = draft.settings.lastVersion
            row.settings.description = form.description ?? draft.settings.description
            row.createdAt = clock.now()
            row.updatedAt = row.createdAt
            try records.insert(row)
            keep(row)
            try checkGuardrailBytes(of: project)
            return GuardrailVersionBody(guardrailId: row.guardrail, version: "\(row.version)")
        }
        snapshotChanged()
        return made
    }

    /// Without a version, all of it.
    package func deleteGuardrail(
        _ identifier: String, version: String?, for project: ProjectID
    ) async throws {
        let row = try guardrail(identifier, version: version ?? "DRAFT", of: project)
        guard version == nil || row.version != GuardrailRow.draft else {
            throw GuardrailForm.invalid(
                "guardrailVersion", "is the number of a version; leave it out to delete all")
        }
        try transact { records in
            let number = version == nil ? nil : row.version
            try records.removeGuardrail(row.guardrail, version: number, of: project)
            if let number {
                directory.guardrails[project]?[row.guardrail]?[number] = nil
            } else {
                directory.guardrails[project]?[row.guardrail] = nil
            }
            try directory.weighGuardrails(of: project)
        }
        snapshotChanged()
    }

    package func getGuardrail(
        _ identifier: String, version: String?, for project: ProjectID
    ) async throws -> GuardrailBody {
        GuardrailBody(try guardrail(identifier, version: version ?? "DRAFT", of: project))
    }

    /// The drafts by name, or all versions of one guardrail, the draft first.
    package func listGuardrails(
        _ identifier: String?, for project: ProjectID
    ) async throws -> [GuardrailSummaryBody] {
        let rows: [GuardrailRow]
        if let identifier {
            let draft = try guardrail(identifier, version: "DRAFT", of: project)
            rows = (directory.guardrails[project]?[draft.guardrail] ?? [:]).values
                .sorted { $0.version < $1.version }
        } else {
            rows = (directory.guardrails[project] ?? [:]).values
                .compactMap { $0[GuardrailRow.draft] }
                .sorted { ($0.createdAt, $0.guardrail) < ($1.createdAt, $1.guardrail) }
        }
        return rows.map(GuardrailSummaryBody.init)
    }

    package func guardrailPolicy(
        _ identifier: String, version: String, for project: ProjectID
    ) async throws -> GuardrailPolicy {
        try guardrail(identifier, version: version, of: project).settings.policy
    }

    // MARK: What there is

    private func guardrail(
        _ identifier: String, version: String, of project: ProjectID
    ) throws(Failure) -> GuardrailRow {
        let number = version == "DRAFT" ? GuardrailRow.draft : Int64(version)
        guard let name = BedrockName.guardrail(identifier),
            let versions = directory.guardrails[project]?[name]
        else {
            throw Failure(
                .notFound, "There is no guardrail '\(identifier.prefix(64))' in this project.")
        }
        guard let number, let row = versions[number], "\(number)" == version || number == 0 else {
            throw Failure(
                .notFound, "The guardrail \(name) has no version '\(version.prefix(16))'.")
        }
        return row
    }

    private func keep(_ row: GuardrailRow) {
        directory.guardrails[row.project, default: [:]][row.guardrail, default: [:]][row.version] =
            row
    }

    private func checkName(
        _ name: String, of guardrail: String?, in project: ProjectID
    ) throws(Failure) {
        for (id, versions) in directory.guardrails[project] ?? [:]
        where id != guardrail && versions[GuardrailRow.draft]?.settings.name == name {
            throw Failure(
                .conflict, "Another guardrail of this project has the name '\(name)': \(id).")
        }
    }

    private func checkGuardrailBytes(of project: ProjectID) throws {
        try directory.weighGuardrails(of: project)
        let bytes = directory.guardrailBytes
        guard bytes[project, default: 0] <= Self.maximumGuardrailBytes else {
            throw Failure(
                .insufficientQuota,
                "The guardrails of a project may have \(Self.maximumGuardrailBytes >> 10) KiB "
                    + "together, with all versions. Delete some, or make them shorter.")
        }
        guard bytes.values.reduce(0, +) <= Self.maximumGuardrailBytesOfAll else {
            throw Failure(
                .insufficientQuota,
                "The guardrails of all projects here have reached "
                    + "\(Self.maximumGuardrailBytesOfAll >> 20) MiB, which is all that there is. "
                    + "Delete some, make them shorter, or ask who runs this platform.")
        }
    }
}

/// Names guardrails by the last characters of its identifiers, which have no mark in them.
private enum GuardrailName: IdentifiedEntity { static var prefix: StaticString { "grl" } }

extension Directory {
    /// Counts again what a project's guardrails have.
    mutating func weighGuardrails(of project: ProjectID) throws {
        let rows = (guardrails[project] ?? [:]).values.flatMap(\.values)
        guardrailBytes[project] = try rows.reduce(0) {
            try $0 + ControlService.json($1.settings).utf8.count
        }
    }

    /// What gateways are told.
    var guardrailTerms: [GuardrailTerms] {
        guardrails.values.flatMap(\.values).flatMap(\.values).map { row in
            GuardrailTerms(
                project: row.project, guardrail: row.guardrail, version: row.versionText,
                policy: row.settings.policy)
        }
    }
}

extension GuardrailRow {
    var versionText: String { version == Self.draft ? "DRAFT" : "\(version)" }
}

extension GuardrailSummaryBody {
    init(_ row: GuardrailRow) {
        self.init(
            id: row.guardrail, arn: BedrockName.ofGuardrail(row.guardrail), name: row.settings.name,
            description: row.settings.description, version: row.versionText,
            createdAt: row.createdAt, updatedAt: row.updatedAt)
    }
}

extension GuardrailBody {
    init(_ row: GuardrailRow) {
        let policy = row.settings.policy
        let personal = policy.personal.map { entity in
            Personal(
                type: entity.kind, action: entity.handling.action,
                inputAction: entity.handling.inputAction,
                outputAction: entity.handling.outputAction,
                inputEnabled: entity.handling.inputEnabled,
                outputEnabled: entity.handling.outputEnabled)
        }
        let patterns = policy.patterns.map { pattern in
            Pattern(
                name: pattern.name, description: pattern.description, pattern: pattern.pattern,
                action: pattern.handling.action, inputAction: pattern.handling.inputAction,
                outputAction: pattern.handling.outputAction,
                inputEnabled: pattern.handling.inputEnabled,
                outputEnabled: pattern.handling.outputEnabled)
        }
        let words = policy.words.map { word in
            Word(
                text: word.text, inputAction: word.handling.inputAction,
                outputAction: word.handling.outputAction,
                inputEnabled: word.handling.inputEnabled,
                outputEnabled: word.handling.outputEnabled)
        }
        self.init(
            guardrailId: row.guardrail, guardrailArn: BedrockName.ofGuardrail(row.guardrail),
            name: row.settings.name, description: row.settings.description,
            version: row.versionText,
            wordPolicy: words.isEmpty ? nil : WordPolicy(words: words),
            sensitiveInformationPolicy: personal.isEmpty && patterns.isEmpty
                ? nil
                : SensitiveInformationPolicy(
                    piiEntities: personal.isEmpty ? nil : personal,
                    regexes: patterns.isEmpty ? nil : patterns),
            createdAt: row.createdAt, updatedAt: row.updatedAt,
            blockedInputMessaging: policy.blockedInput,
            blockedOutputsMessaging: policy.blockedOutput)
    }
}
