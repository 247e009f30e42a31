import Batches
import Fleet
import Foundation
import Records
import Vocabulary
import Wire

/// Bedrock's batches: model invocation jobs on the project's objects.
extension ResourceAPI {
    private static let hours = 24...168

    func invocationJobs(_ call: ResourceCall) async throws -> APIResponse {
        switch call.operation {
        case .createInvocationJob:
            let made = try await create(call)
            return try .json(
                InvocationJobCreated(
                    jobArn: BedrockName.kept(made.row.id, by: call.identity.organization)))
        case .getInvocationJob: return try .json(Self.body(try await job(call), call.identity))
        case .stopInvocationJob:
            let found = try await job(call)
            guard !found.state.phase.isOver else {
                throw Failure(.conflict, "The job has ended: there is nothing to stop.")
            }
            _ = try await desk.cancelBatch(
                found.row.id, of: call.identity.project, form: .bedrock)
            return try .json(EmptyAnswer())
        default: return try await list(call)
        }
    }

    private func job(_ call: ResourceCall) async throws -> BatchView {
        try await invocationJob(call.text("id"), of: call.identity.project)
    }

    /// By its id or its ARN.
    func invocationJob(_ text: String, of project: ProjectID) async throws -> BatchView {
        guard let name = BedrockName(text), name.kind ?? BedrockName.jobKind == BedrockName.jobKind,
            let id = BedrockName.job(name.name)
        else { throw Self.nothingThere() }
        do {
            return try await desk.batch(id, of: project, form: .bedrock)
        } catch let failure as Failure where failure.code == .notFound {
            throw Self.nothingThere()
        }
    }

    // MARK: Creating

    private func create(_ call: ResourceCall) async throws -> BatchView {
        let body: InvocationJobCreate = try call.body()
        let project = call.identity.project
        // What a request like this has made is there, whatever has become of the rest meanwhile.
        if let token = body.clientRequestToken {
            let same = try await desk.batches(of: project, form: .bedrock)
                .first { $0.state.job?.token == token }
            if let same { return same }
        }
        try Self.check(body)
        let model = BedrockTarget.model(of: body.modelId)
        let served =
            try await desk.modelAliases(call.identity)
            .first { BedrockName.text(of: $0.id) == model || $0.name == model }?.model ?? model
        guard try await desk.callableModels(call.identity).contains(where: { $0.model == served })
        else {
            throw Failure(
                .invalidRequest, "The provided model identifier is invalid: \(body.modelId).",
                parameter: "modelId")
        }
        try await desk.checkBatch(of: [served])
        let input = try await input(of: body, project)
        let job = InvocationJob(
            name: body.jobName, model: model, servedModel: served, role: body.roleArn,
            token: body.clientRequestToken,
            kind: try Self.kind(body), hours: body.timeoutDurationInHours ?? Self.hours.lowerBound,
            input: body.inputDataConfig, output: body.outputDataConfig,
            source: String(input.name.split(separator: "/").last ?? "records.jsonl"),
            tags: try ResourceForm.tags(body.tags))
        // Every id is as long as this one: where the results go is known to be a key.
        _ = try job.results(of: BatchID(high: 0, low: 0))
        return try await desk.createBatch(
            BatchOrder(
                identity: call.identity, form: .bedrock, address: job.address, input: input.id,
                job: job))
    }

    private static func check(_ body: InvocationJobCreate) throws(Failure) {
        try ResourceForm.requireName(
            body.jobName, "jobName", upTo: 63, separators: "-+.", alsoIn: "-+.")
        guard !body.roleArn.isEmpty else {
            throw Failure(.invalidRequest, "'roleArn' is missing.", parameter: "roleArn")
        }
        if let format = body.inputDataConfig.s3InputDataConfig.s3InputFormat, format != "JSONL" {
            throw Failure(
                .invalidRequest, "'s3InputFormat' is JSONL.", parameter: "s3InputFormat")
        }
        guard body.vpcConfig == nil else {
            throw Failure(
                .unsupported, "There are no VPCs here. Leave 'vpcConfig' out.",
                parameter: "vpcConfig")
        }
        guard body.outputDataConfig.s3OutputDataConfig.s3EncryptionKeyId == nil else {
            throw Failure(
                .unsupported, "There are no keys of KMS here. Leave 's3EncryptionKeyId' out.",
                parameter: "s3EncryptionKeyId")
        }
        guard body.timeoutDurationInHours.map(hours.contains) ?? true else {
            throw Failure(
                .invalidRequest,
                "'timeoutDurationInHours' is \(hours.lowerBound) to \(hours.upperBound).",
                parameter: "timeoutDurationInHours")
        }
    }

    private static func kind(_ body: InvocationJobCreate) throws(Failure) -> InvocationJob.Kind {
        guard let text = body.modelInvocationType else { return .invokeModel }
        guard let kind = InvocationJob.Kind(rawValue: text) else {
            throw Failure(
                .invalidRequest,
                "'modelInvocationType' is one of "
                    + InvocationJob.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                parameter: "modelInvocationType")
        }
        return kind
    }

    /// The one object of records: named itself, or the only one of its folder.
    private func input(
        of body: InvocationJobCreate, _ project: ProjectID
    ) async throws -> FileRow {
        let parameter = "inputDataConfig.s3InputDataConfig.s3Uri"
        let address = try ObjectAddress(
            uri: body.inputDataConfig.s3InputDataConfig.s3Uri, parameter: parameter)
        let all = try await desk.objects(of: project)
        let name = Array(address.name.utf8)
        let isFolder = name.last == UInt8(ascii: "/")
        if !isFolder, let found = all.first(where: { $0.name.utf8.elementsEqual(name) }) {
            return found
        }
        let folder = isFolder ? name : name + [UInt8(ascii: "/")]
        let inside = all.filter {
            $0.name.utf8.starts(with: folder) && $0.name.hasSuffix(".jsonl")
        }
        guard let only = inside.first else {
            throw Failure(
                .invalidRequest,
                "There is no object at s3://\(address.name). Put it with PutObject, to this "
                    + "address, first.", parameter: parameter)
        }
        guard inside.count == 1 else {
            throw Failure(
                .unsupported,
                "s3://\(address.name) has \(inside.count) objects of records; a job here reads one. "
                    + "Name it, or begin a job for each.", parameter: parameter)
        }
        return only
    }

    // MARK: Telling

    private func list(_ call: ResourceCall) async throws -> APIResponse {
        let query = try call.query()
        let status = try call.choice("statusEquals", of: InvocationJobBody.statuses, in: query)
        let order = try call.choice("sortOrder", of: ["Ascending", "Descending"], in: query)
        _ = try call.choice("sortBy", of: ["CreationTime"], in: query)
        let after = try Self.instant("submitTimeAfter", in: query)
        let before = try Self.instant("submitTimeBefore", in: query)
        let all = try await desk.batches(of: call.identity.project, form: .bedrock).reversed()
            .filter { view in
                (status.map { $0 == Self.status(view.state) } ?? true)
                    && (query["nameContains"].map { view.state.job?.name.contains($0) ?? false }
                        ?? true)
                    && (after.map { view.row.createdAt > $0 } ?? true)
                    && (before.map { view.row.createdAt < $0 } ?? true)
            }
        let page = try ResourceForm.page(
            all, in: query, newestFirst: order != "Ascending", id: { "\($0.row.id)" }, call: call)
        return try .json(
            InvocationJobList(
                invocationJobSummaries: try page.items.map { try Self.body($0, call.identity) },
                nextToken: page.next))
    }

    private static func body(
        _ view: BatchView, _ identity: CustomerIdentity
    ) throws(Failure) -> InvocationJobBody {
        let (row, state) = (view.row, view.state)
        guard let job = state.job else { throw nothingThere() }
        let isOver = state.phase == .over
        var body = InvocationJobBody(
            jobArn: BedrockName.kept(row.id, by: identity.organization), jobName: job.name,
            modelId: BedrockName.foundationModel(job.model), roleArn: job.role,
            status: status(state), submitTime: row.createdAt,
            lastModifiedTime: [
                state.endedAt, state.finalizingAt, state.stoppingAt, state.beganAt,
            ].compactMap(\.self).first ?? row.createdAt,
            input: job.input, output: job.output, timeoutDurationInHours: job.hours,
            jobExpirationTime: row.expiresAt, modelInvocationType: job.kind.rawValue,
            total: state.total, succeeded: state.succeeded,
            failed: state.failed + (isOver ? state.unanswered : 0))
        body.clientRequestToken = job.token
        body.endTime = state.endedAt
        if !state.problems.isEmpty { body.message = message(state.problems) }
        return body
    }

    /// What is wrong with an input, within the 2048 characters that AWS has for it.
    private static func message(_ problems: [BatchState.Problem]) -> String {
        let text = problems.prefix(10).map { problem in
            problem.line.map { "Record \($0): \(problem.message)" } ?? problem.message
        }.joined(separator: " ")
        return String(text.prefix(2048))
    }

    /// In AWS's words.
    private static func status(_ state: BatchState) -> String {
        switch state.phase {
        case .validating: "Validating"
        case .failed: "Failed"
        case .running: state.succeeded + state.failed == 0 ? "Scheduled" : "InProgress"
        case .stopping, .finalizing: state.ending == .cancelled ? "Stopping" : "InProgress"
        case .over:
            switch state.ending {
            case .cancelled: "Stopped"
            case .expired:
                state.succeeded + state.failed == 0 ? "Expired" : "PartiallyCompleted"
            case .completed, nil: "Completed"
            }
        }
    }
}
