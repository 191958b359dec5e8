package import DAGModel
internal import Postgres

extension StateStore {
    /// Makes the run that updates of assets ask for, if there are enough of them, and takes them all out of the queue of its DAG: both or
    /// neither, so that every update belongs to one run of each DAG, whoever else does the same at the same time.
    ///
    /// The run is due at the time at which the condition was met. Airflow leaves what came after that to the next run, which nothing might cause.
    ///
    /// Source: Airflow 3.3.2, `jobs/scheduler_job_runner.py`, `_create_dag_runs_asset_triggered`; `models/dag.py`, `dags_needing_dagruns`.
    ///
    /// - Parameter version: The version that the caller takes for the current one; nothing happens when it is not.
    /// - Returns: Nil when there is nothing to do.
    package func createAssetRun(_ version: VersionRecord, now: Instant) async throws -> RunRecord? {
        guard let condition = version.document.schedule.assetCondition else { return nil }
        return try await pool.transaction { transaction in
            let results = try await transaction.pipeline([
                """
                SELECT dag_id FROM dag
                WHERE dag_id = \(version.dagID) AND version_id = \(version.id) AND is_present AND NOT is_paused
                FOR NO KEY UPDATE
                """,
                """
                SELECT q.event, q.is_counted, q.created_at, a.name, a.uri
                FROM asset_queue q JOIN asset a ON a.id = q.asset WHERE q.dag_id = \(version.dagID)
                """,
            ])
            let updates = try results[1].map(QueuedUpdate.init)
            guard results[0].first != nil, let due = condition.dueTime(of: updates),
                let row = try await transaction.query(version.assetRun(due: due).insert(now: now)).first
            else { return nil }
            let run = try RunRecord(row)
            let wanted = Set(condition.assets.map(\.key))
            try await transaction.query(
                """
                WITH taken AS (
                    DELETE FROM asset_queue
                    WHERE dag_id = \(version.dagID) AND event = ANY (\(updates.map(\.event))::bigint[])
                    RETURNING event)
                INSERT INTO asset_event_run (run, event) SELECT \(run.id), event FROM taken
                WHERE event = ANY (\(updates.filter { wanted.contains($0.asset) }.map(\.event))::bigint[])
                """)
            return run
        }
    }

    /// The DAGs in whose queues something counts.
    package func dagsWithAssetQueues() async throws -> [String] {
        try await pool.query("SELECT DISTINCT dag_id FROM asset_queue WHERE is_counted ORDER BY dag_id")
            .map { try $0.text("dag_id") }
    }

    /// Tells of the update of an asset that no task made.
    ///
    /// - Parameter extra: A JSON object.
    /// - Returns: The event's id; nil when there is no such asset.
    package func emitAssetEvent(_ asset: Int64, extra: JSONValue, now: Instant) async throws -> Int64? {
        try await pool.transaction { transaction in
            let created = try await transaction.query(
                """
                INSERT INTO asset_event (asset, extra, created_at)
                SELECT id, \(extra.compactJSON), \(now.timestamp) FROM asset WHERE id = \(asset)
                RETURNING id
                """)
            guard let id = try created.first.map({ try $0["id", as: Int64.self] }) else { return nil }
            try await transaction.query(
                """
                WITH created AS (SELECT id, asset, created_at FROM asset_event WHERE id = \(id)),
                \(raw: queueAssetEvents)
                """)
            return id
        }
    }
}

/// An update in the queue of a DAG.
private struct QueuedUpdate {
    let event: Int64
    let asset: AssetKey
    let isCounted: Bool
    let at: Instant

    init(_ row: PostgresRow) throws {
        event = try row["event", as: Int64.self]
        asset = AssetKey(name: try row.text("name"), uri: try row.text("uri"))
        isCounted = try row["is_counted", as: Bool.self]
        at = try row.instant("created_at")
    }
}

extension AssetCondition {
    /// When the last of the assets that were updated was updated first; nil when the updates are not enough.
    fileprivate func dueTime(of updates: [QueuedUpdate]) -> Instant? {
        let first = Dictionary(
            updates.filter(\.isCounted).map { ($0.asset, $0.at) }, uniquingKeysWith: { min($0, $1) })
        let known = Set(assets.map(\.key))
        guard isMet(by: Set(first.keys)) else { return nil }
        return first.filter { known.contains($0.key) }.values.max()
    }
}

extension VersionRecord {
    fileprivate func assetRun(due: Instant) -> NewRun {
        NewRun(
            dagID: dagID, runID: "asset_triggered__\(due.isoformat)_\(randomRunSuffix())", versionID: id,
            type: .assetTriggered, logicalDate: nil, dataIntervalStart: nil, dataIntervalEnd: nil, runAfter: due,
            params: JSONValue.object(document.params.defaults).compactJSON, triggeredBy: "asset")
    }
}

/// The end of the id of a run without a logical date, as Airflow's.
package func randomRunSuffix() -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    return String((0..<8).map { _ in letters[Int.random(in: letters.indices)] })
}
