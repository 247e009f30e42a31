import CapacityPath
import Commerce
import Vocabulary
import Wire

/// What goes in and what comes out of an operation.
struct APIOperation {
    enum Answer {
        case json(any Decodable.Type)
        case text(String)
        /// Bytes, which may come over time.
        case bytes
        case upgrade
    }

    var body: (any Decodable.Type)?
    var answer: Answer
    var status = 200
    /// Query parameters with what they are.
    var query: [(name: String, note: String)] = []

    init(
        _ body: (any Decodable.Type)? = nil, _ answer: Answer, status: Int = 200,
        query: [(name: String, note: String)] = []
    ) {
        self.body = body
        self.answer = answer
        self.status = status
        self.query = query
    }

    /// A list in pages.
    static func page(
        _ element: any Decodable.Type, query: [(name: String, note: String)] = []
    ) -> APIOperation {
        APIOperation(
            nil, .json(element),
            query: query + [
                ("after", "The last one of the page before."),
                ("limit", "At most so many, 100 unless said otherwise."),
            ])
    }

    static func made(_ body: any Decodable.Type, _ answer: any Decodable.Type) -> APIOperation {
        APIOperation(body, .json(answer), status: 201)
    }
}

extension APIRoute {
    var operation: APIOperation {
        computeOperation ?? documentOperation ?? ownerOperation
    }

    private var computeOperation: APIOperation? {
        switch self {
        case .inventoryShow: APIOperation(nil, .json(InventoryBody.self))
        case .inventoryCheck, .inventoryApply:
            APIOperation(InventoryFileBody.self, .json(InventoryChangeBody.self))
        case .poolList: APIOperation(nil, .json([PoolBody].self))
        case .poolShow: APIOperation(nil, .json(PoolBody.self))
        case .nodeList:
            .page(
                [NodeBody].self,
                query: [("pool", "Of this pool."), ("state", "In this state.")])
        case .nodeShow: APIOperation(nil, .json(NodeBody.self))
        case .nodeCommand: APIOperation(NodeCommandBody.self, .json(NodeBody.self))
        case .supplierList: APIOperation(nil, .json([SupplierBody].self))
        case .supplierShow: APIOperation(nil, .json(SupplierBody.self))
        case .terms: APIOperation(nil, .json([TermsBody].self))
        case .termsChange: APIOperation(TermsChangeBody.self, .json(TermsBody.self))
        case .quote: APIOperation(QuoteRequestBody.self, .json(QuoteBody.self))
        default: surplusOperation ?? marketOperation ?? orderOperation ?? volumeOperation
        }
    }

    private var surplusOperation: APIOperation? {
        switch self {
        case .surplusShow: APIOperation(nil, .json([SurplusBody].self))
        case .surplusExplain:
            APIOperation(
                nil, .json(SurplusExplanationBody.self),
                query: [("at", "A time of the past; now unless given.")])
        case .surplusHistory:
            APIOperation(
                nil, .json([SurplusBody].self),
                query: [
                    ("from", "From this time on."), ("to", "Before this time."),
                    ("limit", "At most so many, 100 unless said otherwise."),
                ])
        case .planList: APIOperation(nil, .json([PlanBody].self))
        case .planAdd: .made(PlanAddBody.self, PlanBody.self)
        case .planRemove: APIOperation(nil, .json(PlanBody.self))
        default: nil
        }
    }

    private var marketOperation: APIOperation? {
        switch self {
        case .marketList: APIOperation(nil, .json([MarketBody].self))
        case .marketShow:
            APIOperation(
                nil, .json(MarketBody.self),
                query: [("limit_price", "Says how much of the time it would have sufficed.")])
        case .marketChange: APIOperation(MarketChangeBody.self, .json(MarketBody.self))
        case .floorList: APIOperation(nil, .json(FloorsBody.self))
        case .throughputChange: APIOperation(ThroughputBody.self, .json(ModelFloorBody.self))
        default: nil
        }
    }

    private var orderOperation: APIOperation? {
        switch self {
        case .jobSubmit: .made(JobSubmitBody.self, OrderBody.self)
        case .instanceCreate: .made(InstanceCreateBody.self, OrderBody.self)
        case .reservationCreate: .made(ReservationCreateBody.self, OrderBody.self)
        case .jobList, .instanceList, .reservationList:
            .page(
                [OrderBody].self,
                query: [("project", "Of this project."), ("state", "In this state.")])
        case .jobShow, .instanceShow, .reservationShow, .jobCancel, .instanceStop,
            .reservationCancel:
            APIOperation(nil, .json(OrderBody.self))
        case .jobLog, .instanceLog:
            APIOperation(
                nil, .bytes,
                query: [
                    ("index", "The copy of an array, from 0."),
                    ("attempt", "The start of that copy, from 1; the last unless said otherwise."),
                    ("rank", "The node of the gang, from 0."),
                    ("offset", "Bytes from the beginning; x-next-offset says the next."),
                    ("limit", "At most so many bytes."),
                    ("wait", "Seconds to wait for bytes where there are none yet, up to 30."),
                    ("follow", "true: all bytes until the work has ended."),
                ])
        case .jobFile:
            APIOperation(
                nil, .bytes,
                query: [
                    ("path", "As seen from /workspace."),
                    ("index", "The copy of an array, from 0."),
                ])
        case .instanceAttach:
            APIOperation(
                nil, .upgrade,
                query: [
                    ("command", "What to run there, as a JSON list of texts."),
                    ("columns", "Width of the command's terminal."),
                    ("rows", "Height of the command's terminal."),
                    ("port", "Or the port to connect to."),
                    ("rank", "The node of the gang, from 0."),
                ])
        default: nil
        }
    }

    private var volumeOperation: APIOperation? {
        switch self {
        case .volumeCreate: .made(VolumeCreateBody.self, VolumeBody.self)
        case .volumeList:
            .page(
                [VolumeBody].self,
                query: [
                    ("project", "Of this project."),
                    ("deleted", "true: those too that are deleted and not gone yet."),
                ])
        case .volumeShow, .volumeDelete, .volumeUndelete:
            APIOperation(nil, .json(VolumeBody.self))
        case .volumeSnapshot: APIOperation(nil, .json(SnapshotBody.self), status: 201)
        case .snapshotList: APIOperation(nil, .json([SnapshotBody].self))
        case .volumeRestore: APIOperation(VolumeRestoreBody.self, .json(VolumeBody.self))
        default: nil
        }
    }

    private var documentOperation: APIOperation? {
        switch self {
        case .invoiceList:
            APIOperation(
                nil, .json([Invoice].self),
                query: [("customer", "Of this customer."), ("period", "Of this month: 2026-11.")])
        case .invoiceIssue: .made(InvoiceIssueBody.self, [Invoice].self)
        case .invoiceShow: APIOperation(nil, .json(Invoice.self))
        case .invoicePage, .creditNotePage: APIOperation(nil, .text("text/html"))
        case .invoiceExplain: APIOperation(nil, .json([UsageEventBody].self))
        case .creditNoteIssue: .made(CreditNoteIssueBody.self, CreditNote.self)
        case .creditNoteList:
            APIOperation(
                nil, .json([CreditNote].self), query: [("customer", "Of this customer.")])
        case .creditNoteShow: APIOperation(nil, .json(CreditNote.self))
        case .usage: APIOperation(nil, .json([UsageRowBody].self), query: Self.usageQuery)
        case .usageEvents:
            .page([UsageEventBody].self, query: Array(Self.usageQuery.dropLast()))
        case .ledgerEntries:
            .page([LedgerEntryBody].self, query: [("account", "Of this account.")])
        case .ledgerAccounts: APIOperation(nil, .json([LedgerAccountBody].self))
        case .economics:
            APIOperation(nil, .json(EconomicsReport.self), query: Self.economicsQuery)
        case .economicsPage:
            APIOperation(nil, .text("text/html"), query: Self.economicsQuery)
        default: nil
        }
    }

    private static let usageQuery: [(name: String, note: String)] = [
        ("customer", "Of this customer."), ("project", "Of this project."),
        ("key", "Of this key."), ("model", "Of this model."),
        ("from", "Ended at or after this time."), ("to", "Ended before this time."),
        ("group", "model, project, key, profile or day."),
    ]

    private static let economicsQuery: [(name: String, note: String)] = [
        ("from", "From this day on (UTC); this month's first unless given."),
        ("to", "Up to, not with, this day (UTC); until now unless given."),
    ]

    private var ownerOperation: APIOperation {
        switch self {
        case .home: APIOperation(nil, .text("text/html"))
        case .health, .ready: APIOperation(nil, .json([String: String].self))
        case .metrics: APIOperation(nil, .text("text/plain"))
        case .openAPI: APIOperation(nil, .text("application/json"))
        case .customerList: APIOperation(nil, .json([CustomerBody].self))
        case .customerCreate: .made(CustomerCreateBody.self, CustomerBody.self)
        case .customerShow: APIOperation(nil, .json(CustomerBody.self))
        case .creditList: APIOperation(nil, .json([CreditBody].self))
        case .creditAdd: .made(CreditAddBody.self, CreditBody.self)
        case .creditLimit: APIOperation(CreditLimitBody.self, .json(CustomerBody.self))
        case .projectList:
            APIOperation(
                nil, .json([ProjectBody].self), query: [("customer", "Of this customer.")])
        case .projectCreate: .made(ProjectCreateBody.self, ProjectBody.self)
        case .projectShow: APIOperation(nil, .json(ProjectBody.self))
        case .projectLimits, .keyLimits: APIOperation(nil, .json(LimitsBody.self))
        case .projectLimitsChange, .keyLimitsChange:
            APIOperation(LimitsChangeBody.self, .json(LimitsBody.self))
        case .keyList:
            APIOperation(nil, .json([KeyBody].self), query: [("project", "Of this project.")])
        case .keyCreate: .made(KeyCreateBody.self, KeyCreatedBody.self)
        case .keyRevoke: APIOperation(nil, .json(KeyBody.self))
        case .sessionCreate: .made(SessionCreateBody.self, SessionCreatedBody.self)
        case .batchList:
            APIOperation(
                nil, .json([BatchSummaryBody].self), query: [("project", "Of this project.")])
        case .batchShow, .batchCancel: APIOperation(nil, .json(BatchSummaryBody.self))
        case .modelList: APIOperation(nil, .json([ModelBody].self))
        case .modelAdd: .made(ModelAddBody.self, ModelBody.self)
        case .modelRemove, .modelShow: APIOperation(nil, .json(ModelBody.self))
        case .modelScale: APIOperation(ModelScaleBody.self, .json(ModelBody.self))
        case .priceList: APIOperation(nil, .json([PriceVersionBody].self))
        case .priceShow: APIOperation(nil, .json(PriceVersionBody.self))
        case .priceCheck: APIOperation(PriceFileBody.self, .json(PriceCheckBody.self))
        case .priceApply: .made(PriceApplyBody.self, PriceVersionBody.self)
        default: APIOperation(nil, .json(StatusBody.self))
        }
    }
}
