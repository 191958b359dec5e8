package import DAGModel
internal import Postgres

/// Which updates of assets: a page of them.
package struct AssetEventQuery: Sendable {
    package enum Order: String, Sendable, CaseIterable {
        case id, timestamp, sourceDAGID = "source_dag_id", sourceTaskID = "source_task_id"
        case sourceRunID = "source_run_id", sourceMapIndex = "source_map_index"
    }

    package var event: Int64?
    package var asset: Int64?
    /// Updates that this run was made from.
    package var causedRun: Int64?
    package var namePart: String?
    package var sourceDAGID: String?
    package var sourceTaskID: String?
    package var sourceRunID: String?
    package var sourceMapIndex: Int?
    /// Both ends are included; nil means open.
    package var from: Instant?
    package var to: Instant?
    package var order = Order.timestamp
    package var descending = false
    package var limit: Int
    package var offset: Int

    package init(limit: Int, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }

    fileprivate var source: SQL {
        """
        FROM asset_event e JOIN asset a ON a.id = e.asset
        WHERE (\(event)::bigint IS NULL OR e.id = \(event)::bigint)
            AND (\(asset)::bigint IS NULL OR e.asset = \(asset)::bigint)
            AND (\(causedRun)::bigint IS NULL OR e.id IN (SELECT event FROM asset_event_run WHERE run = \(causedRun)::bigint))
            AND (\(namePart)::text IS NULL OR position(lower(\(namePart)::text) IN lower(a.name)) > 0)
            AND (\(sourceDAGID)::text IS NULL OR e.source_dag_id = \(sourceDAGID)::text)
            AND (\(sourceTaskID)::text IS NULL OR e.source_task_id = \(sourceTaskID)::text)
            AND (\(sourceRunID)::text IS NULL OR e.source_run_id = \(sourceRunID)::text)
            AND (\(sourceMapIndex.map(Int32.init))::int IS NULL OR e.source_map_index = \(sourceMapIndex.map(Int32.init))::int)
            AND (\(from?.timestamp)::timestamptz IS NULL OR e.created_at >= \(from?.timestamp)::timestamptz)
            AND (\(to?.timestamp)::timestamptz IS NULL OR e.created_at <= \(to?.timestamp)::timestamptz)
        """
    }

    fileprivate var orderBy: RawSQL {
        switch (order, descending) {
        case (.id, false): RawSQL("e.id")
        case (.id, true): RawSQL("e.id DESC")
        case (.timestamp, false): RawSQL("e.created_at, e.id")
        case (.timestamp, true): RawSQL("e.created_at DESC, e.id DESC")
        case (.sourceDAGID, false): RawSQL("e.source_dag_id, e.id")
        case (.sourceDAGID, true): RawSQL("e.source_dag_id DESC, e.id DESC")
        case (.sourceTaskID, false): RawSQL("e.source_task_id, e.id")
        case (.sourceTaskID, true): RawSQL("e.source_task_id DESC, e.id DESC")
        case (.sourceRunID, false): RawSQL("e.source_run_id, e.id")
        case (.sourceRunID, true): RawSQL("e.source_run_id DESC, e.id DESC")
        case (.sourceMapIndex, false): RawSQL("e.source_map_index, e.id")
        case (.sourceMapIndex, true): RawSQL("e.source_map_index DESC, e.id DESC")
        }
    }
}

extension StateStore {
    package func assetEvents(_ query: AssetEventQuery) async throws -> [AssetEventRecord] {
        try await pool.query(
            """
            SELECT e.*, a.name, a.uri, a.group_name \(query.source)
            ORDER BY \(raw: query.orderBy) LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """
        ).map(AssetEventRecord.init)
    }

    /// The number of events that a query would give without a limit.
    package func count(_ query: AssetEventQuery) async throws -> Int {
        Int(try await pool.query("SELECT count(*) AS n \(query.source)").one()["n", as: Int64.self])
    }

    /// The updates that a run was made from, the newest of them, oldest first.
    package func assetEvents(causing run: Int64, limit: Int) async throws -> [AssetEventRecord] {
        var query = AssetEventQuery(limit: limit)
        query.causedRun = run
        query.descending = true
        return try await assetEvents(query).reversed()
    }

    /// The newest updates of an asset, oldest first.
    package func newestAssetEvents(of asset: AssetKey, limit: Int) async throws -> [AssetEventRecord] {
        try await pool.query(
            """
            SELECT e.*, a.name, a.uri, a.group_name FROM asset_event e JOIN asset a ON a.id = e.asset
            WHERE a.name = \(asset.name) AND a.uri = \(asset.uri) ORDER BY e.id DESC LIMIT \(Int64(limit))
            """
        ).map(AssetEventRecord.init).reversed()
    }

    /// The runs that were made from updates, with the newest update of each, by event.
    package func runs(causedBy events: [Int64]) async throws -> [Int64: [(run: RunRecord, newest: Int64)]] {
        let rows = try await pool.query(
            """
            SELECT c.event, (SELECT max(event) FROM asset_event_run WHERE run = r.id) AS newest, r.*
            FROM asset_event_run c JOIN dag_run r ON r.id = c.run
            WHERE c.event = ANY (\(events)::bigint[]) ORDER BY r.id
            """)
        var runs: [Int64: [(run: RunRecord, newest: Int64)]] = [:]
        for row in rows {
            runs[try row["event", as: Int64.self], default: []].append(
                (try RunRecord(row), try row["newest", as: Int64.self]))
        }
        return runs
    }
}
