import Foundation
import TestKit
import Testing
import Vocabulary
import Wire

@Suite struct ComputeBodyTests {
    @Test(arguments: [
        ("0.25", 250), ("2", 2000), ("0.001", 1), ("1.5", 1500), ("0", 0), ("10.010", 10_010),
    ])
    func `accelerators are decimals to the thousandth`(text: String, thousandths: Int64) throws {
        let accelerators = try #require(Accelerators(text))
        #expect(accelerators.thousandths == thousandths)
        #expect(Accelerators(accelerators.description) == accelerators)
        let coded = try JSONEncoder().encode([AcceleratorCount(accelerators)])
        #expect(
            try JSONDecoder().decode([AcceleratorCount].self, from: coded)
                == [AcceleratorCount(accelerators)])
    }

    @Test(arguments: ["", ".", "1.", ".5", "0.0001", "-1", "1e3", "1,5", " 1", "99999999999999"])
    func `what is no such decimal is refused`(text: String) {
        #expect(Accelerators(text) == nil)
    }

    @Test func `an order's fields stand beside what it asks for, and none else`() throws {
        let pool = try #require(PoolName("p"))
        let ask = CapacityAskBody(
            pool: pool, purchaseClass: .spot, acceleratorsPerNode: AcceleratorCount(.whole(8)))
        let body = JobSubmitBody(ask: ask, command: ["x"], retries: 2)
        let json = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        let read = try JSONDecoder().decode(Strict<JobSubmitBody>.self, from: Data(json.utf8))
        #expect(read.body == body)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(
                Strict<JobSubmitBody>.self,
                from: Data(json.replacing("retries", with: "tries").utf8))
        }
    }

    @Test func `a customers' route is never the owner's alone`() {
        for route in APIRoute.forCustomers where route != .openAPI {
            #expect(route.template.hasPrefix("/v1/"))
            #expect(route.audience == .customer)
        }
        #expect(APIRoute.forCustomers.count == 31)
    }

    @Test(arguments: 0..<20)
    func `frames are put together however they are cut`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let frames = (0..<20).map { _ -> AttachFrame in
            switch Int.random(in: 0..<5, using: &random) {
            case 0: .end
            case 1: .exit(Int32.random(in: .min ... .max, using: &random))
            case 2:
                .resize(
                    columns: UInt16.random(in: .min ... .max, using: &random),
                    rows: UInt16.random(in: .min ... .max, using: &random))
            default:
                .data(
                    (0..<Int.random(in: 0...300, using: &random)).map { _ in
                        UInt8.random(in: .min ... .max, using: &random)
                    })
            }
        }
        var bytes = frames.flatMap(\.bytes)[...]
        var decoder = AttachFrame.Decoder()
        var read: [AttachFrame] = []
        while !bytes.isEmpty {
            let count = Int.random(in: 1...min(64, bytes.count), using: &random)
            decoder.append(bytes.prefix(count))
            bytes = bytes.dropFirst(count)
            while let frame = try decoder.next() { read.append(frame) }
        }
        #expect(read == frames)
    }

    @Test(arguments: [[3, 0, 0, 0, 0], [0, 255, 0, 0, 0], [1, 0, 0, 0, 1, 9], [2, 0, 0, 0, 0]])
    func `what is no frame is refused`(bytes: [UInt8]) {
        var decoder = AttachFrame.Decoder()
        decoder.append(bytes)
        #expect(throws: AttachFrame.Malformed.self) { try decoder.next() }
    }

    @Test func `an error as bytes is an error as coded`() throws {
        let body = APIErrorBody(
            Failure(.unavailable, "a \"quoted\"\nline", parameter: "p"), for: .customer)
        #expect(
            try JSONDecoder().decode(APIErrorBody.self, from: Data(body.bytes)) == body)
    }
}
