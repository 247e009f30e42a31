extension Schema {
    /// Of version 3: what pools' time was spent on, by day.
    static let economicsTables = [
        """
        CREATE TABLE pool_days (pool TEXT NOT NULL, day {whole} NOT NULL, document TEXT NOT NULL,
            PRIMARY KEY (pool, day)
        ) {strict}
        """
    ]

    /// Of version 6: demand that was refused because there was too little.
    static let refusedTables = [
        """
        CREATE TABLE refused_orders (demand TEXT PRIMARY KEY, at {whole} NOT NULL,
            document TEXT NOT NULL
        ) {strict}
        """,
        "CREATE INDEX refused_by_time ON refused_orders (at)",
    ]

    /// Of version 2: capacity that is rented, and what it is charged.
    static let capacityTables = [
        """
        CREATE TABLE orders (sequence {whole} PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            organization TEXT NOT NULL REFERENCES organizations (id), project TEXT NOT NULL,
            pool TEXT NOT NULL, placed_at {whole} NOT NULL, document TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE capacity_events (sequence {whole} PRIMARY KEY, at {whole} NOT NULL,
            document TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE capacity_snapshots (sequence {whole} PRIMARY KEY, document TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE capacity_notes (sequence {whole} PRIMARY KEY, event {whole} NOT NULL,
            at {whole} NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE compute_charges (sequence {whole} PRIMARY KEY, lease TEXT NOT NULL,
            lease_sequence {whole} NOT NULL, order_id TEXT NOT NULL,
            organization TEXT NOT NULL REFERENCES organizations (id), project TEXT NOT NULL,
            pool TEXT NOT NULL, price_as TEXT NOT NULL, purchase_class TEXT NOT NULL,
            nodes {whole} NOT NULL, from_second {whole} NOT NULL, to_second {whole} NOT NULL,
            started_at {whole} NOT NULL, last_at {whole} NOT NULL,
            accelerator_thousandths {whole} NOT NULL, price_version {whole} NOT NULL,
            price TEXT NOT NULL, amount TEXT NOT NULL, unbilled_reason TEXT,
            UNIQUE (lease, lease_sequence), CHECK (from_second >= 0),
            CHECK (to_second >= from_second)
        ) {strict}
        """,
        """
        CREATE TABLE settled_leases (lease TEXT PRIMARY KEY, order_id TEXT NOT NULL,
            organization TEXT NOT NULL REFERENCES organizations (id), at {whole} NOT NULL,
            charges {whole} NOT NULL, seconds {whole} NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE storage_charges (sequence {whole} PRIMARY KEY, volume TEXT NOT NULL,
            volume_sequence {whole} NOT NULL,
            organization TEXT NOT NULL REFERENCES organizations (id), project TEXT NOT NULL,
            price_as TEXT NOT NULL, from_at {whole} NOT NULL, to_at {whole} NOT NULL,
            mebibytes {whole} NOT NULL, price_version {whole} NOT NULL, price TEXT NOT NULL,
            amount TEXT NOT NULL, unbilled_reason TEXT, UNIQUE (volume, volume_sequence),
            CHECK (to_at > from_at)
        ) {strict}
        """,
        """
        CREATE TABLE service_credits (sequence {whole} PRIMARY KEY, lease TEXT NOT NULL,
            lease_sequence {whole} NOT NULL, reason TEXT NOT NULL, order_id TEXT NOT NULL,
            organization TEXT NOT NULL REFERENCES organizations (id), project TEXT NOT NULL,
            price_as TEXT NOT NULL, purchase_class TEXT NOT NULL, amount TEXT NOT NULL,
            at {whole} NOT NULL, UNIQUE (lease, lease_sequence)
        ) {strict}
        """,
        "CREATE INDEX orders_by_organization ON orders (organization, sequence)",
        "CREATE INDEX notes_by_subject ON capacity_notes (subject, sequence)",
        "CREATE INDEX compute_by_organization ON compute_charges (organization, last_at)",
        "CREATE INDEX compute_by_order ON compute_charges (order_id, sequence)",
        "CREATE INDEX storage_by_organization ON storage_charges (organization, to_at)",
        "CREATE INDEX credits_by_organization ON service_credits (organization, at)",
    ]

    /// What of the surplus was decided to be sellable, and when what happened.
    static let surplusTables = [
        """
        CREATE TABLE surplus_decisions (minute {whole} NOT NULL, pool TEXT NOT NULL,
            document TEXT NOT NULL, PRIMARY KEY (minute, pool)
        ) {strict}
        """,
        "CREATE INDEX surplus_by_pool ON surplus_decisions (pool, minute)",
        "CREATE INDEX capacity_events_by_time ON capacity_events (at)",
    ]
}
