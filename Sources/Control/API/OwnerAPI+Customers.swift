import Vocabulary
import Wire

extension OwnerAPI {
    func customers(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .customerCreate:
            let made = try await service.createCustomer(call.body(), idempotency: call.idempotency)
            return try .json(made, status: 201)
        case .customerShow:
            let id = try call.identifier("customer", of: Organization.self)
            return try .json(try await service.customer(id))
        case .creditList:
            let id = try call.identifier("customer", of: Organization.self)
            return try .json(try await service.credits(of: id))
        case .creditAdd:
            let id = try call.identifier("customer", of: Organization.self)
            let credit = try await service.addCredit(
                call.body(), to: id, idempotency: call.idempotency)
            return try .json(credit, status: 201)
        case .creditLimit:
            let id = try call.identifier("customer", of: Organization.self)
            return try .json(
                try await service.setCreditLimit(
                    call.body(), of: id, idempotency: call.idempotency))
        default:
            return try .json(try await service.customers())
        }
    }

    func access(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .projectCreate:
            let made = try await service.createProject(call.body(), idempotency: call.idempotency)
            return try .json(made, status: 201)
        case .projectShow:
            let id = try call.identifier("project", of: Project.self)
            return try .json(try await service.project(id))
        case .keyCreate:
            let made = try await service.createKey(call.body(), idempotency: call.idempotency)
            return try .json(made, status: 201)
        case .keyRevoke:
            let id = try call.identifier("key", of: APIKey.self)
            return try .json(try await service.revokeKey(id))
        case .sessionCreate:
            let id = try call.identifier("key", of: APIKey.self)
            return try .json(try await service.createSession(of: id, call.body()), status: 201)
        case .keyList:
            let project = try call.query("project").identifier("project", of: Project.self)
            return try .json(try await service.keys(of: project))
        default:
            let customer = try call.query("customer").identifier("customer", of: Organization.self)
            return try .json(try await service.projects(of: customer))
        }
    }

    func batches(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .batchShow:
            let id = try call.identifier("batch", of: Batch.self)
            return try .json(try await service.batchSummary(id))
        case .batchCancel:
            let id = try call.identifier("batch", of: Batch.self)
            return try .json(try await service.stopBatch(id))
        default:
            let project = try call.query("project").identifier("project", of: Project.self)
            return try .json(try await service.batchSummaries(of: project))
        }
    }

    func limits(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .projectLimits:
            let id = try call.identifier("project", of: Project.self)
            return try .json(try await service.limits(of: id))
        case .projectLimitsChange:
            let id = try call.identifier("project", of: Project.self)
            let body = try call.body(LimitsChangeBody.self)
            return try .json(
                try await service.changeLimits(body, of: id, idempotency: call.idempotency))
        case .keyLimitsChange:
            let id = try call.identifier("key", of: APIKey.self)
            let body = try call.body(LimitsChangeBody.self)
            return try .json(
                try await service.changeLimits(body, of: id, idempotency: call.idempotency))
        default:
            let id = try call.identifier("key", of: APIKey.self)
            return try .json(try await service.limits(of: id))
        }
    }
}
