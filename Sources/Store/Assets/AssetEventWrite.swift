package import DAGModel
internal import Postgres

/// The update of an asset by a task instance that has succeeded. There is one for each try and asset, however often it is written.
package struct AssetEventWrite: Sendable, Hashable {
    package var run: Int64
    package var dagID: String
    package var runID: String
    package var taskID: String
    package var mapIndex: Int
    package var tryNumber: Int
    package var asset: AssetKey
    /// A JSON object.
    package var extra: String
    package var at: Instant

    package init(
        run: Int64, dagID: String, runID: String, taskID: String, mapIndex: Int, tryNumber: Int, asset: AssetKey,
        extra: String, at: Instant
    ) {
        self.run = run
        self.dagID = dagID
        self.runID = runID
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.tryNumber = tryNumber
        self.asset = asset
        self.extra = extra
        self.at = at
    }
}

extension TickWrites {
    /// Writes the updates, queues them for the DAGs that wait for them, and tells the leader.
    var insertAssetEvents: SQL {
        let rows = assetEvents
        return """
            WITH created AS (
                INSERT INTO asset_event (
                    asset, extra, created_at, source_run, source_dag_id, source_run_id, source_task_id, source_map_index,
                    source_try_number)
                SELECT a.id, u.extra, u.at, u.run, u.dag_id, u.run_id, u.task_id, u.map_index, u.try_number
                FROM unnest(
                    \(revisions(of: rows.map(\.run)))::bigint[], \(rows.map(\.run))::bigint[], \(rows.map(\.dagID))::text[],
                    \(rows.map(\.runID))::text[], \(rows.map(\.taskID))::text[], \(rows.map { Int32($0.mapIndex) })::int[],
                    \(rows.map { Int32($0.tryNumber) })::int[], \(rows.map(\.asset.name))::text[],
                    \(rows.map(\.asset.uri))::text[], \(rows.map(\.extra))::text[], \(rows.map(\.at.timestamp))::timestamptz[]
                ) AS u (revision, run, dag_id, run_id, task_id, map_index, try_number, name, uri, extra, at)
                JOIN dag_run r ON r.id = u.run AND r.revision = u.revision
                JOIN asset a ON a.name = u.name AND a.uri = u.uri
                ON CONFLICT (source_run, source_task_id, source_map_index, source_try_number, asset)
                    WHERE source_run IS NOT NULL DO NOTHING
                RETURNING id, asset, created_at),
            \(raw: queueAssetEvents)
            """
    }
}

/// The rest of a statement that has created the events `created`: puts them into the queues of the DAGs that wait for their assets, and
/// tells the leader. For a DAG that is paused they are noted and do not count, as in Airflow: they belong to the next run, but do not cause it.
///
/// Source: Airflow 3.3.2, `assets/manager.py`, `register_asset_change`.
let queueAssetEvents = RawSQL(
    """
    queued AS (
        INSERT INTO asset_queue (dag_id, event, asset, is_counted, created_at)
        SELECT d.dag_id, e.id, e.asset, NOT d.is_paused, e.created_at
        FROM created e JOIN asset_reference f ON f.asset = e.asset AND f.kind = 'schedule'
        JOIN dag d ON d.dag_id = f.dag_id AND d.is_present
        ON CONFLICT (dag_id, event) DO NOTHING
        RETURNING dag_id, is_counted)
    SELECT pg_notify('slipstream', 'asset:' || q.dag_id) IS NULL AS told
    FROM (SELECT DISTINCT dag_id FROM queued WHERE is_counted) AS q
    """)
