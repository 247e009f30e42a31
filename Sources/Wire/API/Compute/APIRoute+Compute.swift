/// The routes of compute rental: the same paths on the owner's port and on the customers'.
extension APIRoute {
    /// Whether this is an operation of compute rental, which the capacity desk answers.
    package var isCompute: Bool { computeRow != nil }

    var computeRow: Row? {
        fleetRow ?? surplusRow ?? marketRow ?? orderRow ?? volumeRow
    }

    private var fleetRow: Row? {
        switch self {
        case .inventoryShow: Row(.get, "/v1/inventory", "The inventory in force.")
        case .inventoryCheck:
            Row(.post, "/v1/inventory/check", "What applying an inventory file would change.")
        case .inventoryApply: Row(.put, "/v1/inventory", "Apply an inventory file, whole.")
        case .poolList: Row(.get, "/v1/pools", "Pools, with what is free and what it costs.")
        case .poolShow: Row(.get, "/v1/pools/{pool}", "One pool.")
        case .nodeList: Row(.get, "/v1/nodes", "Nodes, by name.")
        case .nodeShow: Row(.get, "/v1/nodes/{node}", "One node.")
        case .nodeCommand:
            Row(.post, "/v1/nodes/{node}/commands", "Drain, resume, maintain, fence or retire.")
        case .supplierList: Row(.get, "/v1/suppliers", "Where capacity comes from.")
        case .supplierShow:
            Row(.get, "/v1/suppliers/{supplier}", "One supplier, with its cost per hour.")
        case .terms: Row(.get, "/v1/terms", "What each purchase class promises.")
        case .termsChange:
            Row(.patch, "/v1/terms/{class}", "Change what a purchase class promises from now on.")
        case .quote: Row(.post, "/v1/quotes", "What an order would cost and when it would start.")
        default: nil
        }
    }

    private var surplusRow: Row? {
        switch self {
        case .surplusShow:
            Row(.get, "/v1/surplus", "What of each pool may be sold now, and for how long.")
        case .surplusExplain:
            Row(
                .get, "/v1/surplus/{pool}/explanation",
                "What was decided about a pool at a time, and why.")
        case .surplusHistory:
            Row(.get, "/v1/surplus/{pool}/history", "Decisions about a pool, the newest first.")
        case .planList: Row(.get, "/v1/plans", "What teams have announced that they will need.")
        case .planAdd: Row(.post, "/v1/plans", "Announce what a team will need.")
        case .planRemove: Row(.delete, "/v1/plans/{plan}", "Withdraw a plan.")
        default: nil
        }
    }

    private var marketRow: Row? {
        switch self {
        case .marketList: Row(.get, "/v1/market", "What spot work costs now, by pool.")
        case .marketShow: Row(.get, "/v1/market/{pool}", "The spot price of a pool, and its past.")
        case .marketChange:
            Row(.patch, "/v1/market/{pool}", "Change how fast a spot price may move.")
        case .floorList: Row(.get, "/v1/floors", "What capacity and tokens cost us, with the sum.")
        case .throughputChange:
            Row(.put, "/v1/throughputs/{model}", "Say how fast a deployment is.")
        default: nil
        }
    }

    private var orderRow: Row? {
        switch self {
        case .jobSubmit: Row(.post, "/v1/jobs", "Submit a job.")
        case .jobList: Row(.get, "/v1/jobs", "Jobs, the newest first.")
        case .jobShow: Row(.get, "/v1/jobs/{job}", "One job.")
        case .jobCancel: Row(.post, "/v1/jobs/{job}/cancel", "Cancel a job.")
        case .jobLog: Row(.get, "/v1/jobs/{job}/log", "What a job printed, from an offset on.")
        case .jobFile: Row(.get, "/v1/jobs/{job}/files", "A file that a job left in /workspace.")
        case .instanceCreate: Row(.post, "/v1/instances", "Create an instance.")
        case .instanceList: Row(.get, "/v1/instances", "Instances, the newest first.")
        case .instanceShow: Row(.get, "/v1/instances/{instance}", "One instance.")
        case .instanceStop: Row(.post, "/v1/instances/{instance}/stop", "Stop an instance.")
        case .instanceLog:
            Row(.get, "/v1/instances/{instance}/log", "What an instance's command printed.")
        case .instanceAttach:
            Row(
                .get, "/v1/instances/{instance}/attach",
                "Upgrade to a command's terminal or a connection to a port there.")
        case .reservationCreate: Row(.post, "/v1/reservations", "Reserve nodes for a window.")
        case .reservationList: Row(.get, "/v1/reservations", "Reservations, the newest first.")
        case .reservationShow: Row(.get, "/v1/reservations/{reservation}", "One reservation.")
        case .reservationCancel:
            Row(.post, "/v1/reservations/{reservation}/cancel", "Cancel a reservation.")
        default: nil
        }
    }

    private var volumeRow: Row? {
        switch self {
        case .volumeCreate: Row(.post, "/v1/volumes", "Create a volume.")
        case .volumeList: Row(.get, "/v1/volumes", "Volumes, the newest first.")
        case .volumeShow: Row(.get, "/v1/volumes/{volume}", "One volume.")
        case .volumeDelete:
            Row(.delete, "/v1/volumes/{volume}", "Delete a volume; it is kept for a time.")
        case .volumeUndelete:
            Row(.post, "/v1/volumes/{volume}/undelete", "Take a deletion back in that time.")
        case .volumeSnapshot:
            Row(.post, "/v1/volumes/{volume}/snapshots", "Keep a volume as it is now.")
        case .snapshotList:
            Row(.get, "/v1/volumes/{volume}/snapshots", "A volume's snapshots, the newest first.")
        case .volumeRestore:
            Row(.post, "/v1/volumes/{volume}/restore", "Put a volume back to a snapshot.")
        default: nil
        }
    }
}

extension APIRoute {
    /// What a gateway passes on for customers.
    package static let forCustomers = allCases.filter {
        $0.audience == .customer || $0 == .openAPI
    }

    /// The longest body of this operation, in bytes: jobs bring files along.
    package var maximumBody: Int {
        switch self {
        case .jobSubmit: 64 << 20
        default: 1 << 20
        }
    }

    /// Whether the operation changes the connection from HTTP to ``AttachFrame``s.
    package var upgrades: Bool { self == .instanceAttach }

    /// The name of that protocol, in `Upgrade`.
    package static let attachProtocol = "spillway-attach"
}
