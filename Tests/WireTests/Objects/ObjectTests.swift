import Testing
import Vocabulary
@testable import Wire

@Suite struct ObjectAddressTests {
    @Test(arguments: [
        ("s3://abc/k", "abc", "k"), ("s3://a.b-c/x/y z/", "a.b-c", "x/y z/"),
        ("s3://abc", "abc", ""), ("s3://abc/", "abc", ""),
    ])
    func `addresses are split at the first slash`(
        _ uri: String, _ bucket: String, _ key: String
    ) throws {
        let address = try ObjectAddress(uri: uri, parameter: "s3Uri")
        #expect(address.bucket == bucket && address.key == key)
    }

    @Test(arguments: ["", "abc/k", "s3://", "s3://ab/k", "s3://Abc/k", "s3://-bc/k", "s3://a_c/k"])
    func `what S3 would not take is refused by its member's name`(_ uri: String) {
        let failure = #expect(throws: Failure.self) {
            try ObjectAddress(uri: uri, parameter: "s3Uri")
        }
        #expect(failure?.code == .invalidRequest && failure?.parameter == "s3Uri")
    }

    @Test func `a folder's end may have a slash or not`() throws {
        for uri in ["s3://abc/out", "s3://abc/out/"] {
            let address = try ObjectAddress(uri: uri, parameter: "s3Uri").inside("j/x.out")
            #expect(address.name == "abc/out/j/x.out" && address.lastPart == "x.out")
        }
        let root = try ObjectAddress(uri: "s3://abc", parameter: "s3Uri").inside("x")
        #expect(root.key == "x")
    }

    @Test func `a key has no NUL, which would end it in the records`() {
        #expect(throws: Failure.self) { try ObjectAddress(bucket: "abc", key: "a\0x") }
    }

    @Test func `a key has 1024 bytes at most`() {
        #expect(throws: Never.self) {
            try ObjectAddress(bucket: "abc", key: String(repeating: "k", count: 1024))
        }
        #expect(throws: Failure.self) {
            try ObjectAddress(bucket: "abc", key: String(repeating: "k", count: 1025))
        }
    }
}

@Suite struct ObjectListTests {
    private static let keys = ["a/1", "a/2", "b", "c/x/1", "c/y/1", "d"]

    /// The names of all pages, one after the other.
    private static func pages(
        prefix: String = "", delimiter: String? = nil, limit: Int
    ) -> [[String]] {
        var pages: [[String]] = []
        var after: String?
        repeat {
            var list = ObjectListBody(
                bucket: "abc", prefix: prefix, delimiter: delimiter, limit: limit, after: after,
                isVersion2: true, encodesNames: false)
            list.fill(
                from: keys.map {
                    ObjectSummary(
                        key: $0, bytes: 1, modifiedAt: Instant(microseconds: 0), tag: "t")
                })
            pages.append((list.objects.map(\.key) + list.folders).sorted())
            after = list.next
        } while after != nil
        return pages
    }

    @Test func `pages of any size have every name once`() {
        for limit in 1...7 {
            #expect(Self.pages(limit: limit).flatMap(\.self) == Self.keys, "limit \(limit)")
            #expect(
                Self.pages(delimiter: "/", limit: limit).flatMap(\.self) == ["a/", "b", "c/", "d"])
            #expect(
                Self.pages(prefix: "c/", delimiter: "/", limit: limit).flatMap(\.self)
                    == ["c/x/", "c/y/"])
        }
        #expect(Self.pages(limit: 2).map(\.count) == [2, 2, 2])
        #expect(Self.pages(limit: 0) == [[]])
    }

    @Test func `letters are compared as they are written`() {
        let keys = ["e\u{301}", "f", "g", "\u{e9}"]
        var found: [String] = []
        var after: String?
        repeat {
            var list = ObjectListBody(
                bucket: "abc", prefix: "", delimiter: nil, limit: 1, after: after,
                isVersion2: true, encodesNames: false)
            list.fill(
                from: keys.map {
                    ObjectSummary(
                        key: $0, bytes: 1, modifiedAt: Instant(microseconds: 0), tag: "t")
                })
            found += list.objects.map(\.key)
            after = list.next
        } while after != nil && found.count < 9
        #expect(found.map { Array($0.utf8) } == keys.map { Array($0.utf8) })
    }

    @Test func `a marker within a folder leaves the rest of it`() {
        var list = ObjectListBody(
            bucket: "abc", prefix: "", delimiter: "/", limit: 9, after: "a/1", isVersion2: false,
            encodesNames: false)
        list.fill(
            from: Self.keys.map {
                ObjectSummary(key: $0, bytes: 1, modifiedAt: Instant(microseconds: 0), tag: "t")
            })
        #expect(list.folders == ["a/", "c/"] && list.objects.map(\.key) == ["b", "d"])
    }

    @Test func `names that XML cannot say are encoded where asked`() {
        var list = ObjectListBody(
            bucket: "abc", prefix: "", delimiter: nil, limit: 9, after: nil, isVersion2: true,
            encodesNames: true)
        list.fill(
            from: [
                ObjectSummary(
                    key: "a&\u{1}", bytes: 3, modifiedAt: Instant(microseconds: 0), tag: "t")
            ])
        let text = String(decoding: list.document, as: UTF8.self)
        #expect(text.contains("<Key>a%26%01</Key>") && text.contains("<Size>3</Size>"))
    }
}

@Suite struct XMLTextTests {
    @Test func `what is written is read again`() {
        let hard = "<a> & \"b\" ' \r\n ü \u{1F600}"
        var xml = XMLText()
        xml.element("Delete") { xml in
            xml.leaf("Key", hard)
            xml.leaf("Key", "")
        }
        #expect(XMLElements(xml.document).texts(of: "Key", upTo: 2) == [hard, ""])
        #expect(XMLElements(xml.document).texts(of: "Key", upTo: 1) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `a megabyte of what begins characters takes no time`() {
        for filler in ["&", "<", "<Key>", "&#"] {
            let text = "<Key>" + String(repeating: filler, count: (1 << 20) / filler.utf8.count)
            #expect(XMLElements(Array(text.utf8)).texts(of: "Key", upTo: 9) == [])
            #expect(
                XMLElements(Array((text + "</Key>").utf8)).texts(of: "Key", upTo: 9)?.count == 1)
        }
    }

    @Test func `a character that joins the mark before it is kept`() {
        let text = "<Key>\u{301}a</Key><Key>b</Key>"
        #expect(XMLElements(Array(text.utf8)).texts(of: "Key", upTo: 9) == ["\u{301}a", "b"])
    }

    @Test(arguments: [
        ("<Key>a&#65;&#x42;&apos;</Key>", ["aAB'"]),
        ("<Key>a & b &nothing;</Key>", ["a & b &nothing;"]),
        ("<Key>never ends", []), ("</Key><Key></Key>", [""]), ("", []),
    ])
    func `broken documents do no harm`(_ text: String, _ expected: [String]) {
        #expect(XMLElements(Array(text.utf8)).texts(of: "Key", upTo: 9) == expected)
    }
}

@Suite struct ByteRangeTests {
    @Test(
        arguments: [
            (nil, .whole), ("bytes=0-3", .part(0..<4)), ("bytes=8-99", .part(8..<10)),
            ("bytes=0-9223372036854775807", .part(0..<10)),
            ("bytes=-9223372036854775807", .part(0..<10)),
            ("bytes=4-", .part(4..<10)), ("bytes=-3", .part(7..<10)), ("bytes=-99", .part(0..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=3-2", .unsatisfiable),
            ("bytes=-0", .unsatisfiable),
            ("bytes=a-b", .whole), ("lines=1-2", .whole), ("bytes=1-2,4-5", .whole),
        ] as [(String?, ByteRange)])
    func `ranges of ten bytes`(_ header: String?, _ expected: ByteRange) {
        #expect(ByteRange(header, of: 10) == expected)
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
    ])
    func `dates as RFC 9110 writes them`(_ instant: String, _ expected: String) throws {
        #expect(HTTPDate.text(try #require(Instant(instant))) == expected)
    }
}

@Suite struct ObjectUploadTests {
    private static let text = Array("hello world".utf8)

    private static func content(
        _ body: String, digest: String? = ObjectUpload.chunkedPayload, checksum: String? = nil
    ) throws -> String {
        String(
            decoding: try ObjectUpload.content(
                of: Array(body.utf8), digest: digest, checksum: checksum), as: UTF8.self)
    }

    @Test func `the checksum is S3's`() {
        #expect(ObjectUpload.checksum(of: Self.text) == "DUoRhQ==")
    }

    @Test func `chunks are put together, and held to their checksum`() throws {
        let body = "6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nx-amz-checksum-crc32: DUoRhQ==\r\n\r\n"
        #expect(try Self.content(body) == "hello world")
        #expect(throws: Failure.self) {
            try Self.content(body.replacing("DUoR", with: "AAAA"))
        }
    }

    @Test func `a chunked body that is cut anywhere is refused`() {
        let body = Array("6\r\nhello \r\n5\r\nworld\r\n0\r\n".utf8)
        for length in 0..<body.count - 3 {
            #expect(throws: Failure.self, "cut at \(length)") {
                try ObjectUpload.content(
                    of: Array(body.prefix(length)), digest: ObjectUpload.chunkedPayload,
                    checksum: nil)
            }
        }
    }

    @Test func `other bodies are what they are`() throws {
        #expect(try Self.content("5\r\n", digest: "UNSIGNED-PAYLOAD") == "5\r\n")
        #expect(try Self.content("hello world", digest: nil, checksum: "DUoRhQ==") == "hello world")
        #expect(throws: Failure.self) {
            try Self.content("hello", digest: nil, checksum: "DUoRhQ==")
        }
    }
}

@Suite struct ObjectPathTests {
    @Test(
        arguments: [
            ("PUT", "/s3/abc/a/b%20c", .putObject, ["bucket": "abc", "key": "a/b c"]),
            ("GET", "/s3/abc/a//b/", .getObject, ["bucket": "abc", "key": "a//b/"]),
            ("GET", "/s3/abc", .listObjects, ["bucket": "abc"]),
            ("GET", "/s3/abc/", .listObjects, ["bucket": "abc"]),
            ("GET", "/s3/", .listBuckets, [:]), ("GET", "/s3", .listBuckets, [:]),
            ("POST", "/s3/abc/k", .uploadInParts, ["bucket": "abc", "key": "k"]),
        ] as [(String, String, ResourceOperation, [String: String])])
    func `a key is all that follows its bucket`(
        _ method: String, _ path: String, _ operation: ResourceOperation,
        _ parameters: [String: String]
    ) throws {
        let found = try ResourceOperation.match(method: method, path: path)
        #expect(found.operation == operation && found.parameters == parameters)
    }

    @Test func `a request for objects is known by its path or its signature's service`() {
        func claim(_ service: String) -> String {
            "AWS4-HMAC-SHA256 Credential=AKIA/20261122/us-east-1/\(service)/aws4_request, "
                + "SignedHeaders=host, Signature=\(String(repeating: "0", count: 64))"
        }
        #expect(ObjectPath.isMeant(uri: "/abc/k", authorization: claim("s3")))
        #expect(!ObjectPath.isMeant(uri: "/abc/k", authorization: claim("bedrock")))
        #expect(!ObjectPath.isMeant(uri: "/s3x/k", authorization: "Bearer s3"))
        #expect(ObjectPath.isMeant(uri: "/s3/abc/k", authorization: nil))
        #expect(ObjectPath.whole("/abc/k?x") == "/s3/abc/k?x")
        #expect(
            ObjectPath.whole("/s3/abc/k") == "/s3/abc/k" && ObjectPath.whole("/s3?x") == "/s3?x")
    }
}
