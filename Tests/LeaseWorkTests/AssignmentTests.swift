import Testing

@testable import LeaseWork

@Suite struct AssignmentTests {
    static let full = Assignment(
        shared: "/mnt/it's shared", mark: "a1", lease: "lease_1", nodes: ["n1", "n2"], cpus: 3,
        memoryMiB: 1024, cpuThousandths: 2500, mostProcesses: 1536, diskMiB: 64 << 10,
        timeLimit: 90, limiter: .groups, isInternal: true, options: ["--proc", "/proc"],
        mounts: ["--bind", "a=b", "/volumes/c"], environment: ["--setenv", "EMPTY", ""],
        command: ["sh", "-c", "echo \"$1\"\n\ttwo = 2", ""], grant: #"{"a":"b=c"}"#)

    @Test func `what is written is read`() {
        #expect(Assignment(Self.full.bytes) == Self.full)
        var least = Self.full
        least.timeLimit = nil
        least.isInternal = false
        least.limiter = .none
        least.options = []
        least.mounts = []
        least.environment = []
        #expect(Assignment(least.bytes) == least)
    }

    /// A node may see a file before all of it is there.
    @Test func `a file that is cut short is no assignment or lacks words`() {
        let bytes = Self.full.bytes
        for count in 0..<bytes.count {
            guard let read = Assignment(Array(bytes[..<count])) else { continue }
            // Cut between two words of the command, which comes last.
            #expect(read.command.count < Self.full.command.count)
            #expect(read.environment == Self.full.environment)
        }
    }

    @Test(arguments: ["", "shared", "unknown=1\0", "shared=/a\0cpus=many\0"])
    func `other text is none`(_ text: String) {
        #expect(Assignment(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("", []), ("0", [0]), ("0-2,5", [0, 1, 2, 5]), ("7,3", [7, 3]), ("3-1", []), ("x", []),
    ])
    func `accelerators are read as Slurm lists them`(_ list: String, _ numbers: [Int]) {
        #expect(Accelerators.numbers(list) == numbers)
    }

    @Test func `words of bubblewrap are found`() {
        let first = #"{ "child-pid": 4711, "pid-namespace": 4026532300 }"#
        #expect(WorkSandbox.number("child-pid", in: first) == 4711)
        #expect(WorkSandbox.number("exit-code", in: first) == nil)
        #expect(WorkSandbox.number("exit-code", in: #"{ "exit-code": 137 }"#) == 137)
    }

    @Test func `the step before the sandbox reads its own words`() throws {
        var joining = Joining(Self.full, .none)
        joining.directories = ["/sys/a", "/sys/b"]
        joining.mostProcesses = 12
        let words = joining.command(for: ["bwrap", "--", "true"])
        #expect(words[1] == Joining.word)
        let mark = try #require(words.firstIndex(of: "--"))
        let read = try #require(Joining(words[2..<mark]))
        #expect(read.directories == ["/sys/a", "/sys/b"])
        #expect(read.mostProcesses == 12)
        #expect(read.fileBytes == (64 << 10) << 20)
        #expect(Array(words[(mark + 1)...]) == ["bwrap", "--", "true"])
    }
}
