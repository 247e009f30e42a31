import Testing

@testable import LeaseWork

@Suite struct GangTests {
    private func outcome(
        _ said: [String], written: Int? = nil, of ranks: Int = 2, code: Int32 = 1,
        isCancelled: Bool = false
    ) -> String {
        Gang.outcome(
            said.compactMap { Outcome($0 + "\n") }, written: written ?? said.count, ranks: ranks,
            code: code, isCancelled: isCancelled, at: 99
        ).line
    }

    @Test func `all ranks must succeed`() {
        #expect(outcome(["exited 5 0", "exited 7 0"], code: 0) == "exited 99 0 \n")
        #expect(outcome(["exited 5 0", "exited 7 3"]) == "exited 99 3 \n")
    }

    @Test func `the first failure decides`() {
        #expect(outcome(["exited 9 143", "exited 7 3"]) == "exited 99 3 \n")
        #expect(outcome(["stopped 6 143", "exited 7 137"]) == "stopped 99 143 \n")
        #expect(
            outcome(["refused 5 0 no bubblewrap on n2", "exited 7 143"])
                == "refused 99 0 no bubblewrap on n2\n")
    }

    @Test func `a rank that says nothing is lost`() {
        #expect(outcome(["exited 5 0"]) == "lost 99 1 \n")
        #expect(outcome([], code: 143) == "lost 99 143 \n")
    }

    /// Slurm's signals after a node's death are nobody's own end; anything else is.
    @Test func `signals beside a lost rank are no end`() {
        for code in [137, 143] { #expect(outcome(["exited 5 \(code)"]) == "lost 99 1 \n") }
        #expect(outcome(["cancelled 5 143"]) == "lost 99 1 \n")
        #expect(outcome(["exited 5 3"]) == "exited 99 3 \n")
        #expect(outcome(["exited 5 137", "exited 6 143"]) == "exited 99 137 \n")
        #expect(outcome(["stopped 5 143"]) == "stopped 99 143 \n")
    }

    @Test func `what is half written is there and says nothing`() {
        #expect(Outcome("exited 5 0") == nil)
        #expect(outcome(["exited 5 0"], written: 2) == "exited 99 0 \n")
    }

    @Test func `a gang that Slurm ends is cancelled`() {
        #expect(outcome(["exited 5 0", "exited 7 0"], isCancelled: true) == "cancelled 99 0 \n")
        #expect(outcome(["cancelled 5 143", "cancelled 6 143"]) == "cancelled 99 143 \n")
    }
}
