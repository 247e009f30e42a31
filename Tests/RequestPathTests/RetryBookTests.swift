import RequestPath
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct RetryBookTests {
    typealias Book = RetryBook<Int, String>

    static func request(_ number: Int) -> RequestID { RequestID(high: 9, low: UInt64(number)) }

    static func digest(_ value: UInt8) -> RequestDigest {
        guard
            let digest = [UInt8](repeating: value, count: 32).withUnsafeBytes(
                RequestDigest.init(bytes:))
        else { fatalError("32 bytes are a digest") }
        return digest
    }

    static func name(_ text: String, project: UInt64 = 1) -> RetryName {
        RetryName(project: ProjectID(high: 2, low: project), source: .key(text))
    }

    private static func word(_ decision: Book.Decision) -> String {
        switch decision {
        case .run: "run"
        case .wait: "wait"
        case .replay(let answer): answer
        case .conflict: "conflict"
        }
    }

    /// What comes, and what is decided: one line of the table.
    enum Step: Sendable {
        case begin(Int, digest: UInt8 = 1, name: String = "a", project: UInt64 = 1, String)
        /// Who is told to replay.
        case answered(Int, bytes: Int = 10, until: Int64 = 100, replays: [Int] = [])
        case failed(Int, runs: Int? = nil)
        case left(Int, runs: Int? = nil)
        case expire(Int64)
    }

    static let tables: [(String, [Step])] = [
        (
            "a retry gets the answer",
            [.begin(1, "run"), .answered(1), .begin(2, "1"), .begin(3, "1")]
        ),
        (
            "who comes meanwhile waits",
            [
                .begin(1, "run"), .begin(2, "wait"), .begin(3, "wait"), .left(3),
                .answered(1, replays: [2]), .begin(4, "1"),
            ]
        ),
        (
            "another body is a conflict",
            [
                .begin(1, "run"), .begin(2, digest: 2, "conflict"), .answered(1),
                .begin(3, digest: 2, "conflict"), .begin(4, "1"),
            ]
        ),
        (
            "names are a project's own",
            [
                .begin(1, "run"), .begin(2, project: 2, "run"), .begin(3, name: "b", "run"),
            ]
        ),
        (
            "what failed runs anew",
            [.begin(1, "run"), .failed(1), .begin(2, digest: 2, "run"), .answered(2)]
        ),
        (
            "who waits takes the place of what failed",
            [
                .begin(1, "run"), .begin(2, "wait"), .begin(3, "wait"), .failed(1, runs: 2),
                .begin(4, "wait"), .left(2, runs: 3), .answered(2), .answered(3, replays: [4]),
                .begin(5, "3"),
            ]
        ),
        (
            "an answer is kept for a time",
            [
                .begin(1, "run"), .answered(1, until: 100), .expire(99), .begin(2, "1"),
                .expire(100), .begin(3, "run"),
            ]
        ),
        (
            "answers are kept as far as there is room, the latest",
            [
                .begin(1, "run"), .answered(1, bytes: 60), .begin(2, name: "b", "run"),
                .answered(2, bytes: 60), .begin(3, "run"), .begin(4, name: "b", "2"),
            ]
        ),
        (
            "the last word counts once",
            [.begin(1, "run"), .answered(1), .failed(1), .begin(2, "1")]
        ),
    ]

    @Test(arguments: tables)
    func `follows the table`(_ title: String, _ steps: [Step]) {
        var book = Book(maximumBytes: 100)
        var names: [Int: RetryName] = [:]
        for (index, step) in steps.enumerated() {
            let place = "\(title), step \(index)"
            switch step {
            case .begin(let number, let digest, let text, let project, let expected):
                let name = Self.name(text, project: project)
                names[number] = name
                let decision = book.begin(
                    name, Self.digest(digest), by: Self.request(number), waiter: number, at: 0)
                #expect(Self.word(decision) == expected, "\(place)")
            case .answered(let number, let bytes, let until, let replays):
                let ending = book.answered(
                    names[number] ?? Self.name("a"), by: Self.request(number), "\(number)",
                    bytes: bytes, until: until)
                #expect(ending.replays == replays, "\(place)")
                #expect(ending.runs == nil, "\(place)")
            case .failed(let number, let runs):
                let ending = book.failed(names[number] ?? Self.name("a"), by: Self.request(number))
                #expect(ending.runs == runs, "\(place)")
            case .left(let number, let runs):
                let ending = book.left(names[number] ?? Self.name("a"), Self.request(number))
                #expect(ending.runs == runs, "\(place)")
            case .expire(let now): book.expire(at: now)
            }
        }
    }

    @Test func `what nobody confirmed is given once, while it is young`() {
        var book = Book(maximumBytes: 100)
        let name = RetryName(
            project: ProjectID(high: 2, low: 1), source: .fingerprint(Self.digest(1)))
        book.keep(name, "answer", bytes: 10, until: 5)
        let young = book.take(name, at: 4)
        #expect(young == "answer")
        let again = book.take(name, at: 4)
        #expect(again == nil)
        book.keep(name, "answer", bytes: 10, until: 5)
        let old = book.take(name, at: 5)
        #expect(old == nil)
        #expect(book.keptBytes == 0)
    }

    /// Clients that send, leave and repeat at random; engines that answer and fail.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a name has one run at a time and one answer, and nobody waits for ever`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var book = Book(maximumBytes: 200)
        var running: [Int: RetryName] = [:]
        var waiting: [Int: RetryName] = [:]
        var answers: [RetryName: String] = [:]
        func promote(_ waiter: Int?) {
            guard let waiter, let name = waiting.removeValue(forKey: waiter) else { return }
            #expect(!running.values.contains(name), "seed \(seed)")
            running[waiter] = name
        }
        for number in 1...400 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0...2:
                let name = Self.name("\(Int.random(in: 0..<4, using: &random))")
                switch book.begin(
                    name, Self.digest(1), by: Self.request(number), waiter: number,
                    at: Int64(number))
                {
                case .run:
                    #expect(!running.values.contains(name), "seed \(seed)")
                    running[number] = name
                    answers[name] = nil
                case .wait:
                    #expect(running.values.contains(name), "seed \(seed)")
                    waiting[number] = name
                case .replay(let answer): #expect(answers[name] == answer, "seed \(seed)")
                case .conflict: Issue.record("seed \(seed): all ask the same")
                }
            case 3:
                guard let (one, name) = running.randomElement(using: &random) else { continue }
                running[one] = nil
                answers[name] = "\(one)"
                let ending = book.answered(
                    name, by: Self.request(one), "\(one)",
                    bytes: .random(in: 1...90, using: &random), until: Int64(number) + 40)
                let expected = waiting.filter { $0.value == name }.keys
                #expect(Set(ending.replays) == Set(expected), "seed \(seed)")
                waiting = waiting.filter { $0.value != name }
            case 4:
                guard let (one, name) = running.randomElement(using: &random) else { continue }
                running[one] = nil
                promote(book.failed(name, by: Self.request(one)).runs)
                #expect(
                    running.values.contains(name) || !waiting.values.contains(name),
                    "seed \(seed)")
            default:
                book.expire(at: Int64(number))
                guard let (one, name) = waiting.randomElement(using: &random) else { continue }
                waiting[one] = nil
                promote(book.left(name, Self.request(one)).runs)
            }
            #expect(book.keptBytes <= 200, "seed \(seed)")
        }
        while let (one, name) = running.first {
            running[one] = nil
            promote(book.failed(name, by: Self.request(one)).runs)
        }
        #expect(waiting.isEmpty, "seed \(seed)")
        book.expire(at: .max)
        #expect(book.keptBytes == 0, "seed \(seed)")
    }
}
