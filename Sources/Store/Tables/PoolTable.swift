internal import Postgres

extension StateStore {
    /// Every pool, by name.
    package func pools() async throws -> [PoolRecord] {
        try await pool.query("SELECT * FROM pool ORDER BY name").map(PoolRecord.init)
    }

    /// Changes pools, all or none, and tells the leader: the body gets them by name, as they are, and what it leaves is stored. Others
    /// who change pools wait. When the body throws, nothing is changed.
    package func changePools<Result: Sendable>(
        _ body: (inout [String: PoolRecord]) throws -> Result
    ) async throws -> Result {
        try await pool.transaction { transaction in
            let results = try await transaction.pipeline([
                "LOCK TABLE pool IN SHARE ROW EXCLUSIVE MODE", "SELECT * FROM pool ORDER BY name",
            ])
            let stored = try results[1].map(PoolRecord.init)
            let before = Dictionary(stored.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            var after = before
            let result = try body(&after)
            let gone = before.keys.filter { after[$0] == nil }
            var changes: [SQL] = gone.isEmpty ? [] : ["DELETE FROM pool WHERE name = ANY (\(gone)::text[])"]
            changes += after.values.sorted { $0.name < $1.name }.filter { $0 != before[$0.name] }.map(\.upsert)
            if !changes.isEmpty { changes.append("SELECT pg_notify('slipstream', 'pool:') IS NULL AS told") }
            try await transaction.pipeline(changes)
            return result
        }
    }
}

extension PoolRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            name: try row.text("name"), slots: try row.int("slots"),
            description: try row["description", as: String?.self],
            includeDeferred: try row["include_deferred", as: Bool.self])
    }

    fileprivate var upsert: SQL {
        """
        INSERT INTO pool (name, slots, description, include_deferred)
        VALUES (\(name), \(slots), \(description), \(includeDeferred))
        ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, description = excluded.description,
            include_deferred = excluded.include_deferred
        """
    }
}
