import Ledger
import TestKit
import Vocabulary

/// One posting, written down and kept at once.
func post(_ posting: Posting, in book: inout Book) throws {
    let id = TransactionID(high: 9, low: UInt64(book.sequence) + 1)
    _ = try book.post(posting.transaction(id: id, at: .noon))
    book.keep()
}

extension Book {
    /// A book in which one organization has paid in.
    static func credited(_ dollars: Int64, to organization: OrganizationID) throws -> Book {
        var book = Book()
        try LedgerTests.post(
            .credit(.dollars(dollars), to: organization, from: .payment, note: nil, key: "c"),
            in: &book)
        return book
    }
}
