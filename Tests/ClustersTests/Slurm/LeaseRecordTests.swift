import CapacityPath
import Testing
import Vocabulary

@testable import Clusters

/// What nodes write down of a lease, and how their job names its program.
@Suite struct LeaseRecordTests {
    @Test func `a record says who took the start, when work began, and how it ended`() {
        let record = SlurmRecord("job 12 5\nbegan 7000000\nended exited 9000000 3 \n")
        #expect(record.claim == .job(12))
        #expect(record.began == Instant(microseconds: 7_000_000))
        let end = record.end?.end(startedAt: record.began)
        #expect(
            end
                == LeaseEnd(
                    startedAt: Instant(microseconds: 7_000_000),
                    endedAt: Instant(microseconds: 9_000_000), cause: .exited(3)))
    }

    @Test func `only whole lines count, however far somebody has written`() {
        let text = "job 123 5\nbegan 7000000\nended refused 9000000 1 no bubblewrap\n"
        for count in 0...text.utf8.count {
            let record = SlurmRecord(String(text.prefix(count)))
            let lines =
                text.prefix(count).split(separator: "\n", omittingEmptySubsequences: false)
                .count - 1
            #expect(record.claim == (lines >= 1 ? .job(123) : nil))
            #expect((record.began != nil) == (lines >= 2))
            #expect((record.end != nil) == (lines >= 3))
        }
    }

    @Test func `work that never began has no start`() {
        let stopped = SlurmRecord("stopped\nended stopped 9 0\n")
        #expect(stopped.claim == .stopped)
        #expect(stopped.end?.end(startedAt: stopped.began).startedAt == nil)
        let refused = SlurmRecord("job 1 2\nended refused 9 1 no bubblewrap on n1\n")
        let end = refused.end?.end(startedAt: Instant(microseconds: 3))
        #expect(end?.cause == .startFailed("no bubblewrap on n1"))
        #expect(end?.startedAt == nil)
    }

    @Test(
        arguments: [
            ("exited 1 0", .exited(0)), ("exited 1 143", .signalled(15)),
            ("exited 1 255", .exited(255)), ("stopped 1 143", .stopped),
            ("limit 1 137", .timeLimit),
            ("memory 1 137", .outOfMemory), ("disk 1 137", .signalled(25)),
            ("lost 1 1", .nodeFailed(nil)), ("cancelled 1 143", .nodeFailed(nil)),
        ] as [(String, LeaseEnd.Cause)])
    func `each cause of the worker's has its word`(_ line: String, _ cause: LeaseEnd.Cause) {
        let record = SlurmRecord("job 1 2\nended \(line)\n")
        #expect(record.end?.end(startedAt: Instant(microseconds: 0)).cause == cause)
    }

    @Test func `a script names the worker itself where the kernel understands that`() {
        let plain = SlurmScript.batchScript("/mnt/a/worker", "/mnt/a/leases/l")
        #expect(plain == "#!/mnt/a/worker /mnt/a/leases/l\n")
        let spaced = SlurmScript.batchScript("/mnt/it's a/worker", "/mnt/it's a/leases/l")
        #expect(
            spaced == "#!/bin/sh\nexec '/mnt/it'\\''s a/worker' '/mnt/it'\\''s a/leases/l'\n")
        let deep = "/mnt/" + String(repeating: "d", count: 200)
        #expect(
            SlurmScript.batchScript(deep + "/worker", deep + "/l").hasPrefix("#!/bin/sh\nexec "))
    }
}
