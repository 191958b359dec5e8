package import DAGModel
internal import Postgres

extension StateStore {
    /// Every connection, opened, by id.
    ///
    /// - Throws: ``SealError`` when a secret does not open.
    package func connections(_ sealer: Sealer) async throws -> [Connection] {
        try await pool.query("SELECT * FROM connection ORDER BY conn_id").map { try Connection($0, sealer) }
    }

    /// A connection, opened; nil when there is none.
    package func connection(_ id: String, _ sealer: Sealer) async throws -> Connection? {
        try await pool.query("SELECT * FROM connection WHERE conn_id = \(id)").first.map { try Connection($0, sealer) }
    }

    /// The ids of all connections.
    package func connectionIDs() async throws -> [String] {
        try await pool.query("SELECT conn_id FROM connection ORDER BY conn_id").map { try $0.text("conn_id") }
    }

    /// Changes connections, all or none: the body gets them by id, as they are, and what it leaves is stored. Others who change
    /// connections wait. When the body throws, nothing is changed.
    package func changeConnections<Result: Sendable>(
        _ sealer: Sealer, now: Instant, _ body: (inout [String: Connection]) throws -> Result
    ) async throws -> Result {
        try await pool.transaction { transaction in
            let results = try await transaction.pipeline([
                "LOCK TABLE connection IN SHARE ROW EXCLUSIVE MODE", "SELECT * FROM connection ORDER BY conn_id",
            ])
            let stored = try results[1].map { try Connection($0, sealer) }
            let before = Dictionary(stored.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var after = before
            let result = try body(&after)
            let gone = before.keys.filter { after[$0] == nil }
            var changes: [SQL] = gone.isEmpty ? [] : ["DELETE FROM connection WHERE conn_id = ANY (\(gone)::text[])"]
            for connection in after.values.sorted(by: { $0.id < $1.id }) where connection != before[connection.id] {
                changes.append(try connection.upsert(sealer, now: now))
            }
            try await transaction.pipeline(changes)
            return result
        }
    }
}

extension Connection {
    init(_ row: PostgresRow, _ sealer: Sealer) throws {
        let id = try row.text("conn_id")
        func secret(_ column: String, _ field: String) throws -> String? {
            try row[column, as: [UInt8]?.self].map { try sealer.openText($0, for: Self.place(id, field)) }
        }
        self.init(
            id: id, type: try row.text("conn_type"), description: try row["description", as: String?.self],
            host: try row["host", as: String?.self], login: try row["login", as: String?.self],
            password: try secret("sealed_password", "password"), schema: try row["schema", as: String?.self],
            port: try row.optionalInt("port"), extra: try secret("sealed_extra", "extra"))
    }

    fileprivate func upsert(_ sealer: Sealer, now: Instant) throws -> SQL {
        let sealedPassword = try password.map { try sealer.seal($0, for: Self.place(id, "password")) }
        let sealedExtra = try extra.map { try sealer.seal($0, for: Self.place(id, "extra")) }
        return """
            INSERT INTO connection (
                conn_id, conn_type, description, host, login, schema, port, sealed_password, sealed_extra, updated_at)
            VALUES (
                \(id), \(type), \(description), \(host), \(login), \(schema), \(port.map(Int32.init)), \(sealedPassword),
                \(sealedExtra), \(now.timestamp))
            ON CONFLICT (conn_id) DO UPDATE SET conn_type = excluded.conn_type, description = excluded.description,
                host = excluded.host, login = excluded.login, schema = excluded.schema, port = excluded.port,
                sealed_password = excluded.sealed_password, sealed_extra = excluded.sealed_extra,
                updated_at = excluded.updated_at
            """
    }

    private static func place(_ id: String, _ field: String) -> SealedPlace {
        SealedPlace(table: "connection", row: id, field: field)
    }
}
