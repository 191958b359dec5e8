package import DAGModel
internal import Postgres

/// What waits in the queues of DAGs: of one DAG, of one asset, or both.
package struct AssetQueueQuery: Sendable {
    package var dagID: String?
    package var asset: Int64?
    /// Only what came before this time.
    package var before: Instant?

    package init(dagID: String? = nil, asset: Int64? = nil, before: Instant? = nil) {
        self.dagID = dagID
        self.asset = asset
        self.before = before
    }

    fileprivate var condition: SQL {
        """
        q.is_counted AND (\(dagID)::text IS NULL OR q.dag_id = \(dagID)::text)
        AND (\(asset)::bigint IS NULL OR q.asset = \(asset)::bigint)
        AND (\(before?.timestamp)::timestamptz IS NULL OR q.created_at < \(before?.timestamp)::timestamptz)
        """
    }
}

extension StateStore {
    /// What waits, for each DAG and asset.
    package func queuedAssets(_ query: AssetQueueQuery) async throws -> [QueuedAsset] {
        try await pool.query(
            """
            SELECT q.dag_id, q.asset, a.name, a.uri, min(q.created_at) AS created_at, count(*) AS n
            FROM asset_queue q JOIN asset a ON a.id = q.asset WHERE \(query.condition)
            GROUP BY q.dag_id, q.asset, a.name, a.uri ORDER BY q.dag_id, a.name
            """
        ).map { row in
            QueuedAsset(
                dagID: try row.text("dag_id"), assetID: try row["asset", as: Int64.self],
                asset: AssetKey(name: try row.text("name"), uri: try row.text("uri")),
                createdAt: try row.instant("created_at"), count: Int(try row["n", as: Int64.self]))
        }
    }

    /// Keeps what waits from causing runs; as in Airflow, the next run has it among its events all the same.
    ///
    /// - Returns: False when nothing waited.
    package func clearAssetQueue(_ query: AssetQueueQuery) async throws -> Bool {
        try await pool.execute("UPDATE asset_queue q SET is_counted = false WHERE \(query.condition)") > 0
    }
}
