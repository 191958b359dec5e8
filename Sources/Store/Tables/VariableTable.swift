package import DAGModel
internal import Postgres

extension StateStore {
    /// Every variable, opened, by key.
    ///
    /// - Throws: ``SealError`` when a value does not open.
    package func variables(_ sealer: Sealer) async throws -> [Variable] {
        try await pool.query("SELECT * FROM variable ORDER BY key").map { try Variable($0, sealer) }
    }

    /// A variable, opened; nil when there is none.
    package func variable(_ key: String, _ sealer: Sealer) async throws -> Variable? {
        try await pool.query("SELECT * FROM variable WHERE key = \(key)").first.map { try Variable($0, sealer) }
    }

    /// The keys of all variables.
    package func variableKeys() async throws -> [String] {
        try await pool.query("SELECT key FROM variable ORDER BY key").map { try $0.text("key") }
    }

    /// Changes variables, all or none: the body gets them by key, as they are, and what it leaves is stored. Others who change
    /// variables wait. When the body throws, nothing is changed.
    package func changeVariables<Result: Sendable>(
        _ sealer: Sealer, now: Instant, _ body: (inout [String: Variable]) throws -> Result
    ) async throws -> Result {
        try await pool.transaction { transaction in
            let results = try await transaction.pipeline([
                "LOCK TABLE variable IN SHARE ROW EXCLUSIVE MODE", "SELECT * FROM variable ORDER BY key",
            ])
            let stored = try results[1].map { try Variable($0, sealer) }
            let before = Dictionary(stored.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
            var after = before
            let result = try body(&after)
            let gone = before.keys.filter { after[$0] == nil }
            var changes: [SQL] = gone.isEmpty ? [] : ["DELETE FROM variable WHERE key = ANY (\(gone)::text[])"]
            for variable in after.values.sorted(by: { $0.key < $1.key }) where variable != before[variable.key] {
                changes.append(try variable.upsert(sealer, now: now))
            }
            try await transaction.pipeline(changes)
            return result
        }
    }
}

extension Variable {
    init(_ row: PostgresRow, _ sealer: Sealer) throws {
        let key = try row.text("key")
        let sealed = try row["sealed_value", as: [UInt8].self]
        self.init(
            key: key, value: try sealer.openText(sealed, for: Self.place(key)),
            description: try row["description", as: String?.self])
    }

    fileprivate func upsert(_ sealer: Sealer, now: Instant) throws -> SQL {
        let sealed = try sealer.seal(value, for: Self.place(key))
        return """
            INSERT INTO variable (key, sealed_value, description, updated_at)
            VALUES (\(key), \(sealed), \(description), \(now.timestamp))
            ON CONFLICT (key) DO UPDATE SET sealed_value = excluded.sealed_value, description = excluded.description,
                updated_at = excluded.updated_at
            """
    }

    private static func place(_ key: String) -> SealedPlace { SealedPlace(table: "variable", row: key, field: "value") }
}
