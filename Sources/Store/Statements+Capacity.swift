extension Statements {
    enum Capacity {
        static let all = [
            insertEvent, lastEvent, events, insertSnapshot, latestSnapshot, insertNote, lastNote,
            notes, notesAbout, insertPoolDay, poolDays,
            insertOrder, lastOrder, order, orders, lastEventAt, eventsThrough,
            snapshotThrough, insertSurplus, lastSurplus, surplus, surplusOfPool,
            insertRefused, isRefused, refused,
        ]
        static let insertEvent = Statement.insert(
            into: "capacity_events", "sequence", "at", "document")
        static let lastEvent = Statement(
            "capacity_events.last", "SELECT COALESCE(MAX(sequence), 0) FROM capacity_events")
        static let events = Statement(
            "capacity_events.after",
            """
            SELECT sequence, at, document FROM capacity_events WHERE sequence > $1
            ORDER BY sequence
            """)
        static let insertSnapshot = Statement.insert(
            into: "capacity_snapshots", "sequence", "document")
        static let latestSnapshot = Statement(
            "capacity_snapshots.latest",
            "SELECT sequence, document FROM capacity_snapshots ORDER BY sequence DESC LIMIT 1")
        static let lastEventAt = Statement(
            "capacity_events.last_at",
            "SELECT COALESCE(MAX(sequence), 0) FROM capacity_events WHERE at <= $1")
        static let eventsThrough = Statement(
            "capacity_events.through",
            """
            SELECT sequence, at, document FROM capacity_events
            WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence
            """)
        static let snapshotThrough = Statement(
            "capacity_snapshots.through",
            """
            SELECT sequence, document FROM capacity_snapshots WHERE sequence <= $1
            ORDER BY sequence DESC LIMIT 1
            """)
        static let insertSurplus = Statement.insert(
            into: "surplus_decisions", "minute", "pool", "document")
        static let lastSurplus = Statement(
            "surplus_decisions.last", "SELECT MAX(minute) FROM surplus_decisions")
        static let surplus = Statement(
            "surplus_decisions.after",
            """
            SELECT minute, pool, document FROM surplus_decisions
            WHERE minute > $1 OR (minute = $1 AND pool > $2) ORDER BY minute, pool LIMIT $3
            """)
        static let surplusOfPool = Statement(
            "surplus_decisions.pool",
            """
            SELECT minute, pool, document FROM surplus_decisions
            WHERE pool = $1 AND minute >= $2 AND minute < $3 ORDER BY minute DESC LIMIT $4
            """)
        static let insertRefused = Statement.insert(
            into: "refused_orders", "demand", "at", "document")
        static let isRefused = Statement(
            "refused_orders.one", "SELECT at FROM refused_orders WHERE demand = $1")
        static let refused = Statement(
            "refused_orders.before",
            "SELECT at, document FROM refused_orders WHERE at < $1 ORDER BY at, demand")
        static let insertNote = Statement.insert(
            into: "capacity_notes", "sequence", "event", "at", "subject", "text")
        static let lastNote = Statement(
            "capacity_notes.last", "SELECT COALESCE(MAX(sequence), 0) FROM capacity_notes")
        static let notes = Statement(
            "capacity_notes.after",
            """
            SELECT sequence, event, at, subject, text FROM capacity_notes WHERE sequence > $1
            ORDER BY sequence LIMIT $2
            """)
        static let notesAbout = Statement(
            "capacity_notes.about",
            """
            SELECT sequence, event, at, subject, text FROM capacity_notes
            WHERE subject = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
            """)
        static let insertPoolDay = Statement.insert(into: "pool_days", "pool", "day", "document")
        static let poolDays = Statement(
            "pool_days.between",
            """
            SELECT pool, day, document FROM pool_days WHERE day >= $1 AND day < $2
            ORDER BY day, pool
            """)
        static let insertOrder = Statement.insert(
            into: "orders", "sequence", "id", "organization", "project", "pool", "placed_at",
            "document")
        static let lastOrder = Statement(
            "orders.last", "SELECT COALESCE(MAX(sequence), 0) FROM orders")
        static let order = Statement(
            "orders.one", "SELECT sequence, placed_at, document FROM orders WHERE id = $1")
        static let orders = Statement(
            "orders.filter",
            """
            SELECT sequence, placed_at, document FROM orders
            WHERE sequence > $1 AND organization = COALESCE($2, organization)
            AND project = COALESCE($3, project) AND pool = COALESCE($4, pool)
            ORDER BY sequence LIMIT $5
            """)
    }

    enum CapacityMoney {
        static let all = [
            lastCharge, insertCompute, compute, computeByLease, computeOfLease, computeOfOrder,
            leaseSoFar,
            insertSettled, settled, settledLease, insertStorage, storage, storageByVolume,
            lastStorageOfVolume,
            insertCredit, credits, creditsOfLease,
        ]
        static let lastCharge = Statement(
            "capacity_charges.last",
            """
            SELECT COALESCE(MAX(last), 0) FROM (
                SELECT MAX(sequence) AS last FROM compute_charges
                UNION ALL SELECT MAX(sequence) AS last FROM storage_charges
                UNION ALL SELECT MAX(sequence) AS last FROM service_credits) AS charges
            """)

        private static let computeColumns = """
            sequence, lease, lease_sequence, order_id, organization, project, pool, price_as, \
            purchase_class, nodes, from_second, to_second, started_at, last_at, \
            accelerator_thousandths, price_version, price, amount, unbilled_reason
            """
        static let insertCompute = Statement(
            "compute_charges.insert",
            """
            INSERT INTO compute_charges (\(computeColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, \
            $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            """)
        static let compute = Statement(
            "compute_charges.filter",
            """
            SELECT \(computeColumns) FROM compute_charges
            WHERE sequence > $1 AND organization = COALESCE($2, organization)
            AND project = COALESCE($3, project) AND last_at >= $4 AND last_at < $5
            ORDER BY sequence LIMIT $6
            """)
        /// All of a lease together.
        static let computeByLease = Statement(
            "compute_charges.by_lease",
            "SELECT \(computeColumns) FROM compute_charges ORDER BY lease, lease_sequence")
        static let computeOfLease = Statement(
            "compute_charges.lease",
            """
            SELECT \(computeColumns) FROM compute_charges WHERE lease = $1
            ORDER BY lease_sequence
            """)
        static let computeOfOrder = Statement(
            "compute_charges.order",
            """
            SELECT \(computeColumns) FROM compute_charges WHERE order_id = $1 ORDER BY sequence
            """)
        static let leaseSoFar = Statement(
            "compute_charges.so_far",
            """
            SELECT COALESCE(MAX(lease_sequence), 0), COALESCE(MAX(to_second), 0)
            FROM compute_charges WHERE lease = $1
            """)

        static let insertSettled = Statement.insert(
            into: "settled_leases", "lease", "order_id", "organization", "at", "charges",
            "seconds")
        static let settled = Statement(
            "settled_leases.all",
            """
            SELECT lease, order_id, organization, at, charges, seconds FROM settled_leases
            ORDER BY lease
            """)
        static let settledLease = Statement(
            "settled_leases.one",
            """
            SELECT lease, order_id, organization, at, charges, seconds FROM settled_leases
            WHERE lease = $1
            """)

        private static let storageColumns = """
            sequence, volume, volume_sequence, organization, project, price_as, from_at, to_at, \
            mebibytes, price_version, price, amount, unbilled_reason
            """
        static let insertStorage = Statement(
            "storage_charges.insert",
            """
            INSERT INTO storage_charges (\(storageColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, \
            $8, $9, $10, $11, $12, $13)
            """)
        /// `to_at` is the first instant after the stretch.
        static let storage = Statement(
            "storage_charges.filter",
            """
            SELECT \(storageColumns) FROM storage_charges
            WHERE sequence > $1 AND organization = COALESCE($2, organization)
            AND project = COALESCE($3, project) AND to_at > $4 AND to_at <= $5
            ORDER BY sequence LIMIT $6
            """)
        /// All of a volume together.
        static let storageByVolume = Statement(
            "storage_charges.by_volume",
            "SELECT \(storageColumns) FROM storage_charges ORDER BY volume, volume_sequence")
        static let lastStorageOfVolume = Statement(
            "storage_charges.volume",
            """
            SELECT \(storageColumns) FROM storage_charges WHERE volume = $1
            ORDER BY volume_sequence DESC LIMIT 1
            """)

        private static let creditColumns = """
            sequence, lease, reason, order_id, organization, project, price_as, purchase_class, \
            amount, at, lease_sequence
            """
        static let insertCredit = Statement(
            "service_credits.insert",
            """
            INSERT INTO service_credits (\(creditColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, \
            $8, $9, $10, $11)
            """)
        static let credits = Statement(
            "service_credits.filter",
            """
            SELECT \(creditColumns) FROM service_credits
            WHERE sequence > $1 AND organization = COALESCE($2, organization)
            AND project = COALESCE($3, project) AND at >= $4 AND at < $5
            ORDER BY sequence LIMIT $6
            """)
        static let creditsOfLease = Statement(
            "service_credits.lease",
            "SELECT \(creditColumns) FROM service_credits WHERE lease = $1 ORDER BY sequence")
    }
}
