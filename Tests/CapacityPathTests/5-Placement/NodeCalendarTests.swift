import CapacityPath
import TestKit
import Testing
import Vocabulary

/// Where a reservation's window has room.
@Suite struct NodeCalendarTests {
    static let nodes = ["b1-1", "b1-2", "b1-3", "b2-1", "b2-2"].map { text in
        NodeCalendar.Node(name: node(text), block: named(String(text.prefix(2))))
    }

    private func hour(_ hour: Int64) -> Instant { .noon + .seconds(hour * 3600) }

    private func busy(_ name: String, _ from: Int64, _ to: Int64?) -> NodeCalendar.Commitment {
        NodeCalendar.Commitment(node: node(name), from: hour(from), to: to.map { hour($0) })
    }

    private func window(
        _ nodes: Int, _ from: Int64, _ to: Int64, oneBlock: Bool = false
    ) -> NodeCalendar.Window {
        NodeCalendar.Window(nodes: nodes, oneBlock: oneBlock, from: hour(from), to: hour(to))
    }

    @Test func `windows are half-open and touch`() {
        let calendar = NodeCalendar(
            nodes: Self.nodes,
            commitments: [
                busy("b2-1", 0, 2), busy("b2-2", 4, nil), busy("b1-2", 1, 3),
                busy("b1-3", 3, 4),
            ])
        #expect(
            calendar.find(window(2, 2, 4, oneBlock: true)) == .free([node("b2-1"), node("b2-2")]))
    }

    @Test func `the smallest block that suffices is taken, and the tightest nodes in it`() {
        let calendar = NodeCalendar(
            nodes: Self.nodes, commitments: [busy("b1-3", 5, 6), busy("b2-1", 0, 9)])
        #expect(calendar.find(window(1, 2, 4)) == .free([node("b2-2")]))
        #expect(
            calendar.find(window(2, 2, 4)) == .free([node("b1-1"), node("b1-3")]))
    }

    @Test func `a full window says how much is free and when there is room`() {
        let calendar = NodeCalendar(
            nodes: Self.nodes,
            commitments: [
                busy("b1-1", 0, 4), busy("b1-2", 3, 5), busy("b2-1", 0, nil), busy("b1-2", 8, 9),
            ])
        #expect(
            calendar.find(window(3, 0, 3, oneBlock: true))
                == .refused(
                    PlacementRefusal(
                        isForever: false, reason: "2 of 3 nodes free in block b1 in that window"),
                    earliest: hour(5)))
        #expect(
            calendar.find(window(3, 0, 4, oneBlock: true))
                == .refused(
                    PlacementRefusal(
                        isForever: false, reason: "1 of 3 nodes free in block b1 in that window"),
                    earliest: hour(9)))
        #expect(
            calendar.find(window(5, 0, 4))
                == .refused(
                    PlacementRefusal(
                        isForever: false, reason: "2 of 5 nodes free in that window"),
                    earliest: nil))
    }

    @Test func `what no day would bring is refused forever`() {
        let calendar = NodeCalendar(nodes: Self.nodes, commitments: [])
        #expect(
            calendar.find(window(6, 0, 1))
                == .refused(
                    PlacementRefusal(isForever: true, reason: "asks for 6 nodes; there are 5"),
                    earliest: nil))
        #expect(
            calendar.find(window(4, 0, 1, oneBlock: true))
                == .refused(
                    PlacementRefusal(
                        isForever: true,
                        reason: "asks for 4 nodes in one block; the largest, b1, has 3"),
                    earliest: nil))
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `found windows are free and the earliest start is the first hour that is`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let commitments = (0..<Int(random.next() % 12)).map { _ in
                let from = Int64(random.next() % 10)
                let to = random.next() % 6 == 0 ? nil : from + Int64(random.next() % 5)
                return busy(Self.nodes[Int(random.next() % 5)].name.text, from, to)
            }
            let calendar = NodeCalendar(nodes: Self.nodes, commitments: commitments)
            let asked = window(
                1 + Int(random.next() % 4), 2, 3 + Int64(random.next() % 3),
                oneBlock: random.next() % 2 == 0)
            func free(_ node: NodeName, _ shift: Int64) -> Bool {
                let (from, to) = (asked.from + .seconds(shift), asked.to + .seconds(shift))
                return !commitments.contains { other in
                    other.node == node && other.from < to && other.to.map { $0 > from } ?? true
                        && other.to != other.from
                }
            }
            func fits(_ shift: Int64) -> Bool {
                let nodes = Self.nodes.filter { free($0.name, shift) }
                let blocks = Dictionary(grouping: nodes) { $0.block?.text }
                return (asked.oneBlock ? blocks.values.map(\.count).max() ?? 0 : nodes.count)
                    >= asked.nodes
            }
            switch calendar.find(asked) {
            case .free(let nodes):
                #expect(Set(nodes).count == asked.nodes && nodes.allSatisfy { free($0, 0) })
                #expect(!asked.oneBlock || Set(nodes.map { $0.text.prefix(2) }).count == 1)
            case .refused(_, let earliest):
                let first = (0..<40).map { Int64($0) * 3600 }.first(where: fits)
                #expect(!fits(0))
                #expect(earliest == first.map { asked.from + .seconds($0) }, "seed \(seed)")
            }
        }
    }
}
