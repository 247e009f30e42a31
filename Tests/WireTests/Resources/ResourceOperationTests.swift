import Testing
import Wire

@Suite struct ResourceOperationTests {
    /// Each operation is found by its own template, and nothing else hides it.
    @Test(arguments: ResourceOperation.allCases)
    func `every operation is found by its template`(operation: ResourceOperation) throws {
        let path = operation.template.split(separator: "/").map { segment in
            segment.first == "{" ? "arn%3Aaws%3Ax%2Fy" : String(segment)
        }
        let found = try ResourceOperation.match(
            method: operation.method.rawValue, path: "/" + path.joined(separator: "/"))
        #expect(found.operation == operation)
        #expect(found.parameters.values.allSatisfy { $0 == "arn:aws:x/y" })
        #expect(operation.maximumBody > 0 && !operation.summary.isEmpty)
    }

    @Test(arguments: [
        "", "/", "foundation-models", "//foundation-models", "/foundation-models/",
        "/foundation-models/a/b", "/foundation-models/%zz", "/v1", "/v1/", "/v1/foundation-models",
        "/custom-models",
    ])
    func `other paths name nothing`(path: String) {
        #expect(throws: APIRoute.Mismatch.unknownPath) {
            try ResourceOperation.match(method: "GET", path: path)
        }
    }

    @Test func `a wrong method is told from a wrong path`() {
        #expect(throws: APIRoute.Mismatch.methodNotAllowed(allowed: [.get])) {
            try ResourceOperation.match(method: "DELETE", path: "/foundation-models")
        }
    }

    @Test(arguments: [
        ("/foundation-models", true), ("/custom-models/x", true),
        ("/guardrails?maxResults=1", true),
        ("/", false), ("", false), ("/v1/models", false), ("/foundation", false),
        ("/health", false),
    ])
    func `Bedrock's addresses are known by their first word`(uri: String, isBedrock: Bool) {
        #expect(BedrockControl.owns(uri) == isBedrock)
    }
}
