import Commerce
import Control
import Foundation
import TestKit
import Testing
import Vocabulary

@Suite struct PageTests {
    private func home() async -> String {
        let api = OwnerAPI(
            service: FakeOwnerService(), token: OperatorToken("open-sesame"),
            gatewayURL: "http://127.0.0.1:8080")
        let response = await api.respond(to: APIRequest(method: "GET", path: "/"))
        #expect(response.status == 200)
        #expect(response.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        return String(decoding: response.body, as: UTF8.self)
    }

    private func pages() async throws -> [String] {
        [
            await home(), try InvoicePage.render(try Documents.invoice()),
            try CreditNotePage.render(try Documents.creditNote()),
            try EconomicsPage.render(Documents.economics()),
        ]
    }

    @Test func `pages bring everything with them and leave no template behind`() async throws {
        for page in try await pages() {
            #expect(page.hasPrefix("<!doctype html>"))
            #expect(page.hasSuffix("</html>\n"))
            #expect(!page.contains("{{"))
            for foreign in ["<script", "<link", "<img", "@import", "url(", "src="] {
                #expect(!page.contains(foreign), "\(foreign)")
            }
            #expect(page.contains("name=\"viewport\""))
            #expect(page.contains("prefers-color-scheme: dark"))
        }
    }

    @Test func `economics stand on their page, hours and dollars`() throws {
        let page = try EconomicsPage.render(Documents.economics())
        for part in ["2.53", "2.46", "h100", "elsewhere", "2026-11-21", "customers", "spot"] {
            #expect(page.contains(part), "\(part)")
        }
    }

    @Test func `the home page says where to go`() async {
        let page = await home()
        #expect(page.contains("href=\"http://127.0.0.1:8080\""))
        #expect(page.contains("href=\"/metrics\""))
        #expect(page.contains("/api/v1/invoices/{invoice}/lines/{line}"))
        #expect(!page.contains("open-sesame"))
    }

    @Test func `an invoice shows its lines, total and rounding`() throws {
        let invoice = try Documents.invoice()
        let page = try InvoicePage.render(invoice)
        #expect(page.contains("Invoice INV-000007"))
        #expect(page.contains("2026-12-01 to 2026-12-31"))
        #expect(page.contains("used in 2026-11"))
        #expect(page.contains("123,456,789"))
        #expect(page.contains("<strong>\(invoice.total.formatted(minimumDecimals: 2)) USD"))
        #expect(page.contains("\(invoice.rounding) USD is posted as rounding"))
        #expect(page.contains("@page"))
        #expect(!page.contains("class=\"banner\""))
        for line in invoice.lines {
            #expect(page.contains(">\(line.amount.formatted(minimumDecimals: 2))</td></tr>"))
        }
    }

    @Test func `names are text, never markup`() throws {
        let page = try InvoicePage.render(try Documents.invoice())
        #expect(page.contains("Acme &lt;Research&gt; &amp; Co"))
        #expect(!page.contains("<Research>"))
        let note = try CreditNotePage.render(try Documents.creditNote())
        #expect(note.contains("The engine &lt;b&gt;restarted"))
    }

    @Test func `a draft says that it is one`() throws {
        var draft = try Documents.invoice()
        draft.draft = true
        draft.number = nil
        draft.issuedAt = nil
        let page = try InvoicePage.render(draft)
        #expect(page.contains("class=\"banner\""))
        #expect(page.contains("Draft invoice"))
        #expect(page.contains("not issued"))
    }

    @Test func `a credit note names line and month, and its amount is below zero`() throws {
        let page = try CreditNotePage.render(try Documents.creditNote())
        #expect(page.contains("INV-000007, line 5"))
        #expect(page.contains("-0.10"))
        #expect(page.contains("1,000,000"))
    }
}
