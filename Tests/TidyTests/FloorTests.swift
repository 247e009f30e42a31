import Foundation
import Testing

/// A target imports lower floors only: the table of ARCHITECTURE.md, against the sources.
@Suite(.timeLimit(.minutes(10)))
struct FloorTests {
    /// Floor by target, as ARCHITECTURE.md has it.
    static let floors: [String: Int] = {
        let rows = Repository.file("ARCHITECTURE.md")?.lines ?? []
        return Dictionary(
            rows.compactMap { row in
                guard let match = row.firstMatch(of: /^\| (\d) \| `(\w+)` \|/),
                    let floor = Int(match.1)
                else { return nil }
                return (String(match.2), floor)
            }, uniquingKeysWith: { first, _ in first })
    }()

    @Test func `every target has a floor`() throws {
        let targets = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appendingPathComponent("Sources").path)
        #expect(Set(targets) == Set(Self.floors.keys))
    }

    @Test(arguments: Repository.swiftFiles.filter { $0.path.hasPrefix("Sources/") })
    func `imports go down`(file: Repository.File) throws {
        let target = String(file.path.split(separator: "/")[1])
        let floor = try #require(Self.floors[target])
        for line in file.lines {
            guard let match = line.firstMatch(of: /^(?:\w+ )?import (\w+)/),
                let imported = Self.floors[String(match.1)]
            else { continue }
            #expect(imported < floor, "\(file.path) imports \(match.1) of floor \(imported)")
        }
    }
}
