import AsyncHTTPClient
import Fleet
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Vocabulary

/// Speaks with slurmrestd, in the dialect of Slurm 22.05 (`v0.0.38`). Connections are kept and
/// several requests are under way at a time.
struct SlurmConnection: Sendable {
    private enum Limit {
        static let time = TimeAmount.seconds(15)
        static let bodyBytes = 256 << 20
    }

    private static let prefix = "/slurm/v0.0.38"

    private let url: String
    private let user: String
    private let token: SlurmToken
    private let http = HTTPClient.shared

    init(_ declaration: SlurmDeclaration) {
        url = declaration.url.hasSuffix("/") ? String(declaration.url.dropLast()) : declaration.url
        user = declaration.user
        token = SlurmToken(declaration)
    }

    func nodes() async throws(Failure) -> [SlurmNode] {
        try await get(SlurmNodeList.self, "/nodes").nodes
    }

    /// nil where Slurm does not know the job any more.
    func job(_ id: Int) async throws(Failure) -> SlurmJob? {
        switch try await call(.GET, "/job/\(id)") {
        case .success(let body): try decode(SlurmJobList.self, body, "/job/\(id)").jobs.first
        case .failure(let problem) where problem.isNoSuchJob: nil
        case .failure(let problem): throw problem.failure("GET /job/\(id)")
        }
    }

    /// Answers the number of the new job.
    func submit(_ submission: SlurmSubmission) async throws(Failure) -> Int {
        let body: Data
        do {
            body = try JSONEncoder().encode(submission)
        } catch {
            throw Failure(.internalError, "A job could not be written as JSON: \(error)")
        }
        // Slurm takes a job for a node that is drained, and warns: what has a number is submitted.
        switch try await call(.POST, "/job/submit", body, isGood: { $0.range(of: "job_id") != nil })
        {
        case .success(let answer):
            return try decode(SlurmSubmitted.self, answer, "/job/submit").jobId
        case .failure(let problem): throw problem.failure("POST /job/submit")
        }
    }

    /// Sends a signal to the job's script, or without one cancels the job. Does nothing where it
    /// has ended.
    func end(_ id: Int, signal: String? = nil) async throws(Failure) {
        let path = "/job/\(id)" + (signal.map { "?signal=\($0)" } ?? "")
        if case .failure(let problem) = try await call(.DELETE, path), !problem.isNoSuchJob {
            throw problem.failure("DELETE /job/\(id)")
        }
    }

    private func get<Answer: Decodable>(
        _ type: Answer.Type, _ path: String
    ) async throws(Failure) -> Answer {
        switch try await call(.GET, path) {
        case .success(let body): try decode(type, body, path)
        case .failure(let problem): throw problem.failure("GET \(path)")
        }
    }

    private func decode<Answer: Decodable>(
        _ type: Answer.Type, _ body: ByteBuffer, _ path: String
    ) throws(Failure) -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: body)
        } catch {
            throw Failure(.engineFailed, "Slurm's answer to \(path) is not understood: \(error)")
        }
    }

    private func call(
        _ method: HTTPMethod, _ path: String, _ body: Data? = nil,
        isGood: (String) -> Bool = { _ in false }
    ) async throws(Failure) -> Result<ByteBuffer, SlurmProblem> {
        var answer = try await once(method, path, body)
        if answer.status == .unauthorized || answer.status == .forbidden {
            await token.renew()
            answer = try await once(method, path, body)
        }
        let said = try? JSONDecoder().decode(SlurmErrors.self, from: answer.body).errors
        if answer.status == .ok, said?.isEmpty ?? true || isGood(String(buffer: answer.body)) {
            return .success(answer.body)
        }
        if let said, !said.isEmpty {
            let words = said.compactMap(\.words).joined(separator: "; ")
            return .failure(
                SlurmProblem(
                    number: said.compactMap(\.number).first { $0 > 999 && $0 < 9000 }, words: words)
            )
        }
        let text = String(buffer: answer.body).prefix(300)
        return .failure(
            SlurmProblem(number: nil, words: "status \(answer.status.code): \(text)"))
    }

    private func once(
        _ method: HTTPMethod, _ path: String, _ body: Data?
    ) async throws(Failure) -> (status: HTTPResponseStatus, body: ByteBuffer) {
        var request = HTTPClientRequest(url: url + Self.prefix + path)
        request.method = method
        request.headers.add(name: "x-slurm-user-name", value: user)
        request.headers.add(name: "x-slurm-user-token", value: try await token.value())
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        do {
            let response = try await http.execute(request, timeout: Limit.time)
            return (response.status, try await response.body.collect(upTo: Limit.bodyBytes))
        } catch {
            throw Failure(
                .unavailable, "slurmrestd at \(url) does not answer (\(method) \(path)): \(error)",
                retry: .after(.seconds(2)))
        }
    }
}
