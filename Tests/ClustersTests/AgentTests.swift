import Clusters
import Fleet
import Glibc
import Link
import TestKit
import Testing
import Vocabulary

/// The agent over its socket, with processes that stand in for engines.
@Suite(.timeLimit(.minutes(10)))
struct AgentTests {
    @Test func `what control orders runs, what it no longer orders ends`() async throws {
        try await withAgent { agent, control in
            let first = order("a", 1)
            let second = order("b", 2)
            try await control.send(.run([first, second]))
            try await control.expect { states($0) == ["a": .ready, "b": .ready] }
            try await control.send(.run([second]))
            try await control.expect { states($0) == ["a": .draining, "b": .ready] }
            try await control.expect { states($0) == ["b": .ready] }
        }
    }

    @Test func `the same order again changes nothing, another one does`() async throws {
        try await withAgent { agent, control in
            var wanted = order("a", 1)
            try await control.send(.run([wanted]))
            try await control.expect { states($0) == ["a": .ready] }
            let first = agent.starts
            try await control.send(.run([wanted]))
            try await control.send(.run([wanted, order("b", 2)]))
            try await control.expect { states($0) == ["a": .ready, "b": .ready] }
            #expect(agent.starts == first + 1)
            wanted.slots = 7
            try await control.send(.run([wanted]))
            try await control.expect { report in
                report.replicas.map(\.slots) == [7] && states(report) == ["a": .ready]
            }
            #expect(agent.starts == first + 2)
        }
    }

    @Test func `engines outlive the connection, and a new one is told of them`() async throws {
        try await withAgent { agent, control in
            try await control.send(.run([order("a", 1)]))
            try await control.expect { states($0) == ["a": .ready] }
            try await control.close()
            let again = try await TestControl.connect(to: agent.socket)
            try await again.expect { states($0) == ["a": .ready] }
            try await again.send(.run([order("a", 1)]))
            try await again.send(.run([order("a", 1), order("b", 2)]))
            try await again.expect { states($0) == ["a": .ready, "b": .ready] }
            #expect(agent.starts == 2)
            try await again.close()
        }
    }

    @Test func `one that ends at once is told as a problem, with its last words`() async throws {
        try await withAgent { agent, control in
            try await control.send(.run([order("broken", 1)]))
            try await control.expect { report in
                states(report)["broken"] == .unhealthy
                    && report.problems["broken"]?.contains("no such file: weights") == true
            }
        }
    }

    @Test func `bytes that are no frame end the connection and nothing else`() async throws {
        try await withAgent { agent, control in
            try await control.send(.run([order("a", 1)]))
            try await control.expect { states($0) == ["a": .ready] }
            let stranger = try await TestControl.connect(to: agent.socket)
            try await stranger.sendBytes("GET / HTTP/1.1\r\n\r\n")
            try await eventually("it is closed") { !stranger.isOpen }
            try await control.send(.run([order("a", 1), order("b", 2)]))
            try await control.expect { states($0) == ["a": .ready, "b": .ready] }
        }
    }

    @Test func `a machine without an engine says what to do`() async throws {
        try await withAgent(software: nil) { agent, control in
            try await control.send(.run([order("a", 1)]))
            try await control.expect { $0.problems["a"]?.contains("make setup") == true }
        }
    }

    @Test func `only our own user may connect`() async throws {
        try await withAgent { agent, _ in
            var status = stat()
            #expect(stat(agent.socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }
}
