/// Every operation of our own API: one table for the servers, the command line and the docs.
///
/// Paths are templates; `{customer}` is one segment, percent-encoded.
package enum APIRoute: String, CaseIterable, Sendable {
    case home, health, ready, metrics, openAPI
    case status
    case customerList, customerCreate, customerShow
    case creditList, creditAdd, creditLimit
    case projectList, projectCreate, projectShow
    case projectLimits, projectLimitsChange
    case keyList, keyCreate, keyRevoke, sessionCreate
    case keyLimits, keyLimitsChange
    case modelList, modelAdd, modelRemove, modelShow, modelScale
    case priceList, priceShow, priceCheck, priceApply
    case usage, usageEvents
    case batchList, batchShow, batchCancel
    case invoiceList, invoiceIssue, invoiceShow, invoicePage, invoiceExplain
    case creditNoteIssue, creditNoteList, creditNoteShow, creditNotePage
    case ledgerEntries, ledgerAccounts, economics, economicsPage
    case inventoryShow, inventoryCheck, inventoryApply
    case poolList, poolShow, nodeList, nodeShow, nodeCommand, supplierList, supplierShow
    case surplusShow, surplusExplain, surplusHistory, planList, planAdd, planRemove
    case terms, termsChange, quote
    case marketList, marketShow, marketChange, floorList, throughputChange
    case jobSubmit, jobList, jobShow, jobCancel, jobLog, jobFile
    case instanceCreate, instanceList, instanceShow, instanceStop, instanceLog, instanceAttach
    case reservationCreate, reservationList, reservationShow, reservationCancel
    case volumeCreate, volumeList, volumeShow, volumeDelete, volumeUndelete
    case volumeSnapshot, snapshotList, volumeRestore

    package enum Method: String, CaseIterable, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// Who may call an operation.
    package enum Audience: Sendable {
        /// Anybody who reaches the port.
        case open
        /// Whoever sends the operator token.
        case `operator`
        /// The owner, and on the public port whoever sends an API key: for its own project.
        case customer
    }

    package var method: Method { row.method }
    package var template: String { row.template }
    /// One phrase for the docs.
    package var summary: String { row.summary }

    package var audience: Audience {
        switch self {
        case .home, .health, .ready, .metrics, .openAPI: .open
        case .inventoryShow, .inventoryCheck, .inventoryApply, .nodeList, .nodeShow, .nodeCommand,
            .supplierList, .supplierShow, .termsChange, .surplusShow, .surplusExplain,
            .surplusHistory, .planList, .planAdd, .planRemove, .marketChange, .floorList,
            .throughputChange:
            .operator
        default: isCompute ? .customer : .operator
        }
    }

    /// Whether the operation moves money, makes something that does, or would do harm where a late
    /// repetition did it again: it takes an `Idempotency-Key`, and the same key has one effect.
    package var takesIdempotencyKey: Bool {
        switch self {
        case .customerCreate, .creditAdd, .creditLimit, .projectCreate, .keyCreate, .priceApply,
            .invoiceIssue, .creditNoteIssue, .projectLimitsChange, .keyLimitsChange,
            .inventoryApply, .jobSubmit, .instanceCreate, .reservationCreate, .volumeCreate,
            .volumeSnapshot, .volumeDelete, .volumeUndelete, .volumeRestore, .nodeCommand,
            .planAdd:
            true
        default: false
        }
    }

    struct Row {
        let method: Method
        let template: String
        let summary: String

        init(_ method: Method, _ template: String, _ summary: String) {
            self.method = method
            self.template = template
            self.summary = summary
        }
    }

    private var row: Row {
        if let computeRow { return computeRow }
        return switch self {
        case .home, .health, .ready, .metrics, .openAPI, .status: processRow
        case .customerList, .customerCreate, .customerShow, .creditList, .creditAdd, .creditLimit:
            customerRow
        case .projectList, .projectCreate, .projectShow, .projectLimits, .projectLimitsChange,
            .keyList, .keyCreate, .keyRevoke, .sessionCreate, .keyLimits, .keyLimitsChange:
            accessRow
        case .modelList, .modelAdd, .modelRemove, .modelShow, .modelScale, .priceList, .priceShow,
            .priceCheck, .priceApply:
            offerRow
        default: billingRow
        }
    }

    private var processRow: Row {
        switch self {
        case .health: Row(.get, "/health", "Whether the process runs.")
        case .ready: Row(.get, "/ready", "Whether it can do its work.")
        case .metrics: Row(.get, "/metrics", "Figures as Prometheus text.")
        case .openAPI: Row(.get, "/openapi.json", "This API as an OpenAPI 3.1 document.")
        case .status: Row(.get, "/api/v1/status", "What runs, and how far the money is posted.")
        default: Row(.get, "/", "A page that says what this is and where to go.")
        }
    }

    private var customerRow: Row {
        switch self {
        case .customerCreate: Row(.post, "/api/v1/customers", "Make a customer and its project.")
        case .customerShow: Row(.get, "/api/v1/customers/{customer}", "One customer's account.")
        case .creditList:
            Row(.get, "/api/v1/customers/{customer}/credit", "Credit that was granted.")
        case .creditAdd: Row(.post, "/api/v1/customers/{customer}/credit", "Grant credit.")
        case .creditLimit:
            Row(.put, "/api/v1/customers/{customer}/credit-limit", "Set how far it may owe.")
        default: Row(.get, "/api/v1/customers", "All customers.")
        }
    }

    private var accessRow: Row {
        switch self {
        case .projectCreate: Row(.post, "/api/v1/projects", "Make a project.")
        case .projectShow: Row(.get, "/api/v1/projects/{project}", "One project.")
        case .projectLimits: Row(.get, "/api/v1/projects/{project}/limits", "A project's limits.")
        case .projectLimitsChange:
            Row(.patch, "/api/v1/projects/{project}/limits", "Change a project's limits.")
        case .keyList: Row(.get, "/api/v1/keys", "API keys, never their secrets.")
        case .keyCreate: Row(.post, "/api/v1/keys", "Make an API key; its secret is shown once.")
        case .keyRevoke: Row(.delete, "/api/v1/keys/{key}", "Revoke an API key within a second.")
        case .sessionCreate:
            Row(.post, "/api/v1/keys/{key}/sessions", "Temporary credentials; none are kept.")
        case .keyLimits: Row(.get, "/api/v1/keys/{key}/limits", "A key's limits.")
        case .keyLimitsChange: Row(.patch, "/api/v1/keys/{key}/limits", "Change a key's limits.")
        default: Row(.get, "/api/v1/projects", "Projects.")
        }
    }

    private var offerRow: Row {
        switch self {
        case .modelAdd: Row(.post, "/api/v1/models", "Serve a model.")
        case .modelRemove: Row(.delete, "/api/v1/models/{model}", "Stop serving a model.")
        case .modelShow: Row(.get, "/api/v1/models/{model}", "One model and its replicas.")
        case .modelScale:
            Row(.put, "/api/v1/models/{model}/scale", "Set the bounds of a model's replicas.")
        case .priceList: Row(.get, "/api/v1/prices", "Versions of the price book.")
        case .priceShow: Row(.get, "/api/v1/prices/{version}", "One version; `current` also.")
        case .priceCheck:
            Row(.post, "/api/v1/prices/check", "What a price file would have cost real usage.")
        case .priceApply: Row(.post, "/api/v1/prices", "Apply a checked price file.")
        default: Row(.get, "/api/v1/models", "Models, chat models first.")
        }
    }

    private var billingRow: Row {
        switch self {
        case .batchList: Row(.get, "/api/v1/batches", "Customers' batches, the newest first.")
        case .batchShow: Row(.get, "/api/v1/batches/{batch}", "One batch.")
        case .batchCancel: Row(.post, "/api/v1/batches/{batch}/cancel", "Stop a batch.")
        case .usageEvents: Row(.get, "/api/v1/usage/events", "Usage, request by request.")
        case .invoiceList: Row(.get, "/api/v1/invoices", "Issued invoices.")
        case .invoiceIssue: Row(.post, "/api/v1/invoices", "Issue a period's invoices, or draft.")
        case .invoiceShow: Row(.get, "/api/v1/invoices/{invoice}", "One invoice.")
        case .invoicePage: Row(.get, "/api/v1/invoices/{invoice}/page", "It as a page for print.")
        case .invoiceExplain:
            Row(.get, "/api/v1/invoices/{invoice}/lines/{line}", "A line down to its requests.")
        case .creditNoteIssue:
            Row(.post, "/api/v1/invoices/{invoice}/credit-notes", "Correct a line of an invoice.")
        case .creditNoteList: Row(.get, "/api/v1/credit-notes", "Issued credit notes.")
        case .creditNoteShow: Row(.get, "/api/v1/credit-notes/{credit_note}", "One credit note.")
        case .creditNotePage:
            Row(.get, "/api/v1/credit-notes/{credit_note}/page", "It as a page for print.")
        case .ledgerEntries: Row(.get, "/api/v1/ledger", "Ledger entries in their order.")
        case .economics:
            Row(.get, "/api/v1/economics", "What the fleet earned and cost, and what follows.")
        case .economicsPage: Row(.get, "/api/v1/economics/page", "It as a page for print.")
        case .ledgerAccounts: Row(.get, "/api/v1/ledger/accounts", "Accounts and balances.")
        default: Row(.get, "/api/v1/usage", "Usage in rows.")
        }
    }
}
