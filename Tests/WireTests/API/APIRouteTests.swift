import Testing
import Vocabulary
import Wire

@Suite struct APIRouteTests {
    @Test(arguments: APIRoute.allCases)
    func `a printed path is read back as the same route`(route: APIRoute) throws {
        let names = route.template.split(separator: "/").filter { $0.first == "{" }.map {
            String($0.dropFirst().dropLast())
        }
        let path =
            switch names.count {
            case 0: route.path()
            case 1: route.path("one/with slash")
            default: route.path("one/with slash", "2")
            }
        let match = try APIRoute.match(method: route.method.rawValue, path: path)
        #expect(match.route == route)
        #expect(match.parameters.count == names.count)
        if let first = names.first { #expect(match.parameters[first] == "one/with slash") }
    }

    @Test func `every route stands in the table once`() {
        let lines = APIRoute.allCases.map { "\($0.method.rawValue) \($0.template)" }
        #expect(Set(lines).count == lines.count)
        #expect(APIRoute.allCases.allSatisfy { $0.summary.hasSuffix(".") })
    }

    @Test func `only what tells nothing of customers is open`() {
        let open = APIRoute.allCases.filter { $0.audience == .open }
        #expect(open == [.home, .health, .ready, .metrics, .openAPI])
    }

    @Test func `a route without its own case in the table would show as a duplicate of another`() {
        #expect(APIRoute.usage.template == "/api/v1/usage")
        #expect(APIRoute.customerList.template == "/api/v1/customers")
        #expect(APIRoute.projectList.template == "/api/v1/projects")
        #expect(APIRoute.modelList.template == "/api/v1/models")
    }

    @Test(arguments: [
        "/nothing", "/api/v1", "/api/v1/customers/a/b/c", "/api/v2/status", "", "api/v1/customers",
        "/api/v1/customers/", "//api/v1/customers", "/api/v1//customers", "/api/v1/customers/%zz",
    ])
    func `unknown paths match nothing`(path: String) {
        #expect(throws: APIRoute.Mismatch.unknownPath) {
            _ = try APIRoute.match(method: "GET", path: path)
        }
    }

    @Test func `a known path with another method names the methods it takes`() {
        #expect(throws: APIRoute.Mismatch.methodNotAllowed(allowed: [.get, .post])) {
            _ = try APIRoute.match(method: "DELETE", path: "/api/v1/customers")
        }
    }

    @Test(arguments: [("a b", "a%20b"), ("org/model", "org%2Fmodel"), ("é", "%C3%A9"), ("", "")])
    func `percent coding goes both ways`(plain: String, coded: String) {
        #expect(PercentCoding.encode(plain) == coded)
        #expect(PercentCoding.decode(coded) == plain)
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff"])
    func `broken percent coding is refused`(coded: String) {
        #expect(PercentCoding.decode(coded) == nil)
    }
}
