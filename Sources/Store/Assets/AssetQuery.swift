internal import DAGModel
internal import Postgres

/// Which assets: a page of them.
package struct AssetQuery: Sendable {
    package enum Order: String, Sendable, CaseIterable {
        case id, name, uri, createdAt = "created_at", updatedAt = "updated_at"
    }

    /// Parts of the name and the URI, without regard to case.
    package var namePart: String?
    package var uriPart: String?
    /// Only assets that one of these DAGs names; empty for all.
    package var dagIDs: [String] = []
    /// Only assets that some DAG names. Defaults to true.
    package var onlyActive = true
    package var order = Order.id
    package var descending = false
    package var limit: Int
    package var offset: Int

    package init(limit: Int, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }

    fileprivate var condition: SQL {
        """
        (\(namePart)::text IS NULL OR position(lower(\(namePart)::text) IN lower(a.name)) > 0)
        AND (\(uriPart)::text IS NULL OR position(lower(\(uriPart)::text) IN lower(a.uri)) > 0)
        AND (NOT \(onlyActive) OR EXISTS (
            SELECT FROM asset_reference r JOIN dag d ON d.dag_id = r.dag_id WHERE r.asset = a.id AND d.is_present))
        AND (cardinality(\(dagIDs)::text[]) = 0 OR EXISTS (
            SELECT FROM asset_reference r WHERE r.asset = a.id AND r.dag_id = ANY (\(dagIDs)::text[])))
        """
    }

    fileprivate var orderBy: RawSQL {
        switch (order, descending) {
        case (.id, false): RawSQL("a.id")
        case (.id, true): RawSQL("a.id DESC")
        case (.name, false): RawSQL("a.name, a.id")
        case (.name, true): RawSQL("a.name DESC, a.id DESC")
        case (.uri, false): RawSQL("a.uri, a.id")
        case (.uri, true): RawSQL("a.uri DESC, a.id DESC")
        case (.createdAt, false): RawSQL("a.created_at, a.id")
        case (.createdAt, true): RawSQL("a.created_at DESC, a.id DESC")
        case (.updatedAt, false): RawSQL("a.updated_at, a.id")
        case (.updatedAt, true): RawSQL("a.updated_at DESC, a.id DESC")
        }
    }
}

extension StateStore {
    package func assets(_ query: AssetQuery) async throws -> [AssetRecord] {
        let rows = try await pool.query(
            """
            SELECT a.*, e.id AS last_event, e.created_at AS last_event_at
            FROM asset a LEFT JOIN LATERAL (
                SELECT id, created_at FROM asset_event WHERE asset = a.id ORDER BY id DESC LIMIT 1) e ON true
            WHERE \(query.condition)
            ORDER BY \(raw: query.orderBy) LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """)
        return try await withReferences(try rows.map(AssetRecord.init))
    }

    /// The number of assets that a query would give without a limit.
    package func count(_ query: AssetQuery) async throws -> Int {
        let rows = try await pool.query("SELECT count(*) AS n FROM asset a WHERE \(query.condition)")
        return Int(try rows.one()["n", as: Int64.self])
    }

    package func asset(_ id: Int64) async throws -> AssetRecord? {
        let rows = try await pool.query(
            """
            SELECT a.*, e.id AS last_event, e.created_at AS last_event_at
            FROM asset a LEFT JOIN LATERAL (
                SELECT id, created_at FROM asset_event WHERE asset = a.id ORDER BY id DESC LIMIT 1) e ON true
            WHERE a.id = \(id)
            """)
        return try await withReferences(try rows.map(AssetRecord.init)).first
    }

    private func withReferences(_ assets: [AssetRecord]) async throws -> [AssetRecord] {
        let rows = try await pool.query(
            """
            SELECT r.* FROM asset_reference r JOIN dag d ON d.dag_id = r.dag_id
            WHERE r.asset = ANY (\(assets.map(\.id))::bigint[]) AND d.is_present ORDER BY r.dag_id, r.task_id
            """)
        var assets = assets
        let places = Dictionary(
            assets.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for row in rows {
            guard let place = places[try row["asset", as: Int64.self]] else { continue }
            let reference = AssetRecord.Reference(
                dagID: try row.text("dag_id"), taskID: try row.text("task_id"), createdAt: try row.instant("created_at")
            )
            switch try row.text("kind") {
            case "schedule": assets[place].schedules.append(reference)
            case "outlet": assets[place].outlets.append(reference)
            default: assets[place].inlets.append(reference)
            }
        }
        return assets
    }
}
