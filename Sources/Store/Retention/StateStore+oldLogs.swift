package import DAGModel
internal import Postgres

extension StateStore {
    /// Those of some attempts, also of callbacks, that the database does not know. One that has not ended is not known.
    package func unknownAttempts(_ ids: [Int64]) async throws -> Set<Int64> {
        let rows = try await pool.query(
            """
            SELECT u.id FROM unnest(\(ids)::bigint[]) AS u (id)
            WHERE NOT EXISTS (SELECT FROM attempt a WHERE a.id = u.id)
                AND NOT EXISTS (SELECT FROM callback c WHERE c.attempts @> ARRAY[u.id])
            """)
        return Set(try rows.map { try $0["id", as: Int64.self] })
    }

    /// Drops the logs in the database of whole months before a moment, unless an attempt from before it still executes.
    ///
    /// - Returns: The number of months.
    package func dropLogs(before: Instant) async throws -> Int {
        let results = try await pool.pipeline([
            // Who writes or reads logs does not have to wait for one who waits.
            "SET LOCAL lock_timeout = '200ms'",
            "SELECT pg_advisory_xact_lock(hashtext('partitions'), hashtext(current_schema())) IS NULL AS locked",
            """
            SELECT drop_logs(least(\(before.timestamp)::timestamptz, (
                SELECT min(t.queued_at) FROM dag_run r JOIN task_instance t ON t.run = r.id
                WHERE r.state IN ('queued', 'running') AND t.attempt IS NOT NULL))) AS dropped
            """,
        ])
        return try results[2].one().int("dropped")
    }
}
