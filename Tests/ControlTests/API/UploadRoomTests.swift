import Testing

@testable import Control

@Suite struct UploadRoomTests {
    private static let large = 64 << 20
    private static let part = 8 << 20

    @Test func `a project has room for two large bodies, and all together for eight`() {
        let room = UploadRoom()
        #expect(room.enter("a", Self.large) && room.enter("a", Self.large))
        #expect(!room.enter("a", Self.large))
        for project in ["b", "c", "d"] {
            #expect(room.enter(project, Self.large) && room.enter(project, Self.large))
        }
        #expect(!room.enter("e", Self.part))
        room.leave("a", Self.large)
        #expect(room.enter("e", Self.large) && !room.enter("f", Self.part))
    }

    @Test func `parts of a file come ten at a time, short bodies always`() {
        let room = UploadRoom()
        for _ in 0..<16 { #expect(room.enter("a", Self.part)) }
        #expect(!room.enter("a", Self.part) && room.enter("a", UploadRoom.shortBody))
        for _ in 0..<16 { room.leave("a", Self.part) }
        #expect(room.enter("a", Self.large))
    }
}
