import Testing
import Vocabulary
import Wire

struct TokenServiceTests {
    private static func action(_ body: String, uri: String = "/") throws -> TokenServiceAction {
        let body = Array(body.utf8)
        return try body.withUnsafeBytes { try TokenServiceAction(uri: uri, body: $0) }
    }

    @Test func `an action stands in the body or in the query`() throws {
        let version = "&Version=2011-06-15"
        #expect(try Self.action("Action=GetCallerIdentity" + version) == .getCallerIdentity)
        #expect(
            try Self.action("", uri: "/?Action=GetCallerIdentity" + version) == .getCallerIdentity)
        #expect(
            try Self.action("Action=GetSessionToken" + version) == .getSessionToken(seconds: 43_200)
        )
        for seconds: Int64 in [900, 129_600] {
            #expect(
                try Self.action(
                    "Version=2011%2D06-15&DurationSeconds=\(seconds)&Action=GetSession%54oken")
                    == .getSessionToken(seconds: seconds))
        }
        // The body goes first.
        #expect(
            try Self.action(
                "Action=GetCallerIdentity" + version, uri: "/?Action=GetSessionToken&a=%zz")
                == .getCallerIdentity)
    }

    @Test(
        arguments: [
            ("", .missingAction), ("Action=", .missingAction),
            ("action=GetCallerIdentity", .missingAction),
            ("Action=GetCallerIdentity", .invalidAction),
            ("Action=GetCallerIdentity&Version=2010-01-01", .invalidAction),
            ("Action=AssumeRole&Version=2011-06-15", .invalidAction),
            ("Action=%FF&Version=2011-06-15", .invalidAction),
            ("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=899", .validationError),
            ("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=129601", .validationError),
            ("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=-1", .validationError),
            ("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=long", .malformedInput),
            ("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=", .malformedInput),
            ("Action=GetSessionToken&Version=2011-06-15&TokenCode=123456", .accessDenied),
        ] as [(String, TokenServiceError.Code)])
    func `what is wrong has AWS's name`(body: String, code: TokenServiceError.Code) {
        let error = #expect(throws: TokenServiceError.self) { try Self.action(body) }
        #expect(error?.code == code)
    }

    @Test func `errors and answers are XML, whatever stands in them`() {
        let error = TokenServiceError(.invalidAction, "no <b> & \u{1}")
        let text = String(decoding: error.body(requestID: "r"), as: UTF8.self)
        #expect(text.contains("<Error><Type>Sender</Type><Code>InvalidAction</Code>"))
        #expect(text.contains("<Message>no &lt;b&gt; &amp; \u{FFFD}</Message>"))
        #expect(text.contains("<RequestId>r</RequestId>"))
        let late = TokenServiceError(Failure(.shuttingDown, "Later."))
        #expect(late.code.status == 503)
        #expect(
            String(decoding: late.body(requestID: "r"), as: UTF8.self).contains("<Type>Receiver<"))
        let who = String(
            decoding: TokenServiceAnswer.identity(
                of: APIKeyID(high: 1, low: 2), in: ProjectID(high: 1, low: 3),
                of: OrganizationID(high: 1, low: 4), requestID: "r"), as: UTF8.self)
        let arn = "arn:aws:iam::000000000004:user/\(ProjectID(high: 1, low: 3))/"
        #expect(who.contains("<Arn>\(arn)\(APIKeyID(high: 1, low: 2))</Arn>"))
    }

    @Test func `the address is shared with the page of the gateway`() {
        for (method, uri, isForm, isAsked) in [
            ("POST", "/", true, true), ("POST", "/", false, false), ("GET", "/", true, false),
            ("GET", "/?Action=GetCallerIdentity", false, true), ("GET", "/?a=Action", false, false),
            ("POST", "/?a=b", true, true), ("POST", "/v1/files", true, false),
            ("GET", "", true, false),
        ] {
            #expect(
                TokenServiceAction.isAsked(method: method, uri: uri, isForm: isForm) == isAsked,
                "\(method) \(uri)")
        }
    }
}
