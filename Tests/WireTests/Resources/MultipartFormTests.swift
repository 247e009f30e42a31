import TestKit
import Testing
import Vocabulary
import Wire

@Suite struct MultipartFormTests {
    private static let type = "multipart/form-data; boundary=\"a-B_1\""

    private static func form(_ text: String) -> [UInt8] {
        Array(text.replacing("\n", with: "\r\n").utf8)
    }

    @Test func `fields and files are read, bytes as they came`() throws {
        let body =
            Self.form(
                "--a-B_1\nContent-Disposition: form-data; name=\"purpose\"\n\nbatch\n"
                    + "--a-B_1\ncontent-disposition: form-data; name=\"file\"; "
                    + "filename=\"a b.jsonl\"\n"
                    + "Content-Type: application/octet-stream\n\n") + [0, 13, 10, 45, 45, 255]
            + Self.form("\n--a-B_1--\n")
        let form = try MultipartForm(body, contentType: Self.type)
        #expect(form.fields.count == 2)
        #expect(form.text("purpose") == "batch")
        #expect(form.file("file")?.fileName == "a b.jsonl")
        #expect(form.file("file")?.content == [0, 13, 10, 45, 45, 255])
        #expect(form.text("else") == nil)
    }

    @Test func `an empty file is one, and a preamble is none`() throws {
        let body = Self.form(
            "preamble\n--a-B_1\nContent-Disposition: form-data; name=\"file\"; filename=\"e\"\n\n\n"
                + "--a-B_1--")
        let form = try MultipartForm(body, contentType: Self.type)
        #expect(form.file("file")?.content == [])
    }

    @Test(arguments: [
        ("", MultipartFormTests.type),
        ("--a-B_1", MultipartFormTests.type),
        ("--a-B_1\nContent-Disposition: form-data; name=\"a\"\n\nopen", MultipartFormTests.type),
        ("--a-B_1\nX: y\n\nnobody\n--a-B_1--", MultipartFormTests.type),
        ("--a-B_1--", "application/json"),
        ("--a-B_1--", "multipart/form-data"),
    ])
    func `what is no such form is refused`(text: String, type: String) {
        #expect(throws: Failure.self) {
            try MultipartForm(Self.form(text), contentType: type)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `any bytes come through, whatever they look like`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = Array("\r\n--a-B_1".utf8) + [0, 255]
        let contents = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
        }
        // A boundary is one that stands in none of them.
        let boundary = "zZ\(seed)"
        var body: [UInt8] = []
        for (index, content) in contents.enumerated() {
            body += Array(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(index)\"\r\n\r\n".utf8)
            body += content + Array("\r\n".utf8)
        }
        body += Array("--\(boundary)--\r\n".utf8)
        let form = try MultipartForm(
            body, contentType: "multipart/form-data; boundary=\(boundary)")
        #expect(form.fields.map(\.content) == contents)
    }
}
