import Control
import Foundation
import Testing
import Wire

/// The committed documents are what the code makes.
@Suite struct OpenAPITests {
    /// Set SPILLWAY_RECORD=1 to write them anew.
    @Test(arguments: ["openapi.json", "openapi-customer.json"])
    func `the committed document is what the code makes`(name: String) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/\(name)")
        let made = Data(
            name == "openapi.json" ? try OpenAPIDocument.owner : try OpenAPIDocument.customer)
        if ProcessInfo.processInfo.environment["SPILLWAY_RECORD"] == "1" {
            try made.write(to: path)
        }
        #expect(
            try Data(contentsOf: path) == made,
            "run the test with SPILLWAY_RECORD=1 and review the change")
    }

    @Test func `every operation stands in the document, with every field of its body`() throws {
        let text = String(decoding: try OpenAPIDocument.owner, as: UTF8.self)
        for route in APIRoute.allCases {
            #expect(text.contains(#""operationId" : "\#(route.rawValue)""#), "\(route)")
        }
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        let submit = try #require(schemas["JobSubmit"])
        let properties = try #require(submit["properties"] as? [String: Any])
        #expect(Set(properties.keys) == Set(JobSubmitBody.CodingKeys.allCases.map(\.stringValue)))
        #expect(submit["required"] as? [String] == ["accelerators", "command", "pool"])
    }

    @Test func `customers read nothing of the owner's`() throws {
        let text = String(decoding: try OpenAPIDocument.customer, as: UTF8.self)
        #expect(!text.contains("/api/v1/") && !text.contains("/v1/inventory"))
        #expect(text.contains(#""/v1/jobs""#))
    }
}
