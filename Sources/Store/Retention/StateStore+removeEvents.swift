internal import DAGModel
internal import Postgres

// What is not removed with a run.
extension StateStore {
    /// Removes backfills that are finished and have no run left.
    ///
    /// - Parameter gone: For a dry run, which only counts: the runs that are gone in it.
    func removeBackfills(
        completedBefore cutoff: Instant, dagID: String?, epoch: Int64?, without gone: Set<Int64>?
    ) async throws -> RemovalCounts {
        var counts = RemovalCounts()
        counts[.backfills] = try await fenced {
            try await pool.transaction { transaction in
                let ids = try await transaction.query(
                    """
                    SELECT b.id, ARRAY(SELECT r.id FROM dag_run r WHERE r.backfill = b.id) AS runs FROM backfill b
                    WHERE b.completed_at < \(cutoff.timestamp) AND (\(dagID)::text IS NULL OR b.dag_id = \(dagID)::text)
                        AND (\(gone != nil) OR NOT EXISTS (SELECT FROM dag_run r WHERE r.backfill = b.id))
                    ORDER BY b.id LIMIT 1000
                    """
                ).filter { try $0["runs", as: [Int64].self].allSatisfy { gone?.contains($0) ?? false } }
                    .map { try $0["id", as: Int64.self] }
                guard gone == nil, !ids.isEmpty else { return ids.count }
                let dates: SQL = "DELETE FROM backfill_date WHERE backfill = ANY (\(ids)::bigint[])"
                let backfills: SQL = "DELETE FROM backfill WHERE id = ANY (\(ids)::bigint[])"
                try await transaction.pipeline([dates, backfills] + transaction.assertLeader(epoch))
                return ids.count
            }
        }
        return counts
    }

    /// Removes some callbacks that were delivered, or updates of assets that no run knows and none waits for; the newest update of each
    /// asset stays.
    ///
    /// Ids grow with time: they are looked through from the oldest on, until there is a young one.
    ///
    /// - Parameter gone: For a dry run, which only counts: the runs that are gone in it.
    /// - Returns: How many, the attempts of the callbacks, and the last id that was looked at; nil when there is nothing more.
    func removeEvents(
        _ kind: RemovedKind, before cutoff: Instant, dagID: String?, after id: Int64, limit: Int, epoch: Int64?,
        without gone: Set<Int64>?
    ) async throws -> (count: Int, attempts: [Int64], next: Int64?) {
        try await fenced {
            try await pool.transaction { transaction in
                let page = try await transaction.query(
                    kind == .callbacks
                        ? callbacks(before: cutoff, dagID: dagID, after: id, limit: limit)
                        : assetEvents(before: cutoff, dagID: dagID, after: id, limit: limit))
                let old = try page.filter { try $0["is_old", as: Bool.self] }
                let ids = try old.filter { row in
                    let runs = try row["runs", as: [Int64].self]
                    // A callback that goes with its run was counted with it.
                    let isLeft =
                        kind == .callbacks
                        ? gone.map { !$0.isSuperset(of: runs) } ?? true : gone?.isSuperset(of: runs) ?? runs.isEmpty
                    return try row["may_go", as: Bool.self] && isLeft
                }.map { try $0["id", as: Int64.self] }
                let next = old.count == limit ? try old.last?["id", as: Int64.self] : nil
                guard gone == nil, !ids.isEmpty else { return (ids.count, [], next) }
                let removed = try await transaction.pipeline(
                    [kind == .callbacks ? removeCallbacks(ids) : removeAssetEvents(ids)]
                        + transaction.assertLeader(epoch))[0]
                let attempts = try removed.flatMap { try $0["attempts", as: [Int64].self] }
                if !attempts.isEmpty {
                    try await transaction.query("DELETE FROM log_chunk WHERE attempt = ANY (\(attempts)::bigint[])")
                }
                return (removed.count, attempts, next)
            }
        }
    }

    private func callbacks(before cutoff: Instant, dagID: String?, after id: Int64, limit: Int) -> SQL {
        """
        SELECT c.id, ARRAY[c.run] AS runs, c.happened_at < \(cutoff.timestamp) AS is_old,
            c.state = 'success' AND c.ended_at < \(cutoff.timestamp) AND (\(dagID)::text IS NULL OR EXISTS (
                SELECT FROM dag_run r WHERE r.id = c.run AND r.dag_id = \(dagID)::text)) IS TRUE AS may_go
        FROM callback c WHERE c.id > \(id) ORDER BY c.id LIMIT \(Int64(limit))
        """
    }

    private func removeCallbacks(_ ids: [Int64]) -> SQL {
        "DELETE FROM callback WHERE id = ANY (\(ids)::bigint[]) AND state = 'success' RETURNING attempts"
    }

    private func assetEvents(before cutoff: Instant, dagID: String?, after id: Int64, limit: Int) -> SQL {
        """
        SELECT e.id, e.created_at < \(cutoff.timestamp) AS is_old,
            ARRAY(SELECT c.run FROM asset_event_run c WHERE c.event = e.id) AS runs,
            (\(dagID)::text IS NULL OR e.source_dag_id = \(dagID)::text) IS TRUE
                AND EXISTS (SELECT FROM asset_event n WHERE n.asset = e.asset AND n.id > e.id)
                AND \(raw: isUnawaited) AS may_go
        FROM asset_event e WHERE e.id > \(id) ORDER BY e.id LIMIT \(Int64(limit))
        """
    }

    private func removeAssetEvents(_ ids: [Int64]) -> SQL {
        """
        DELETE FROM asset_event e WHERE e.id = ANY (\(ids)::bigint[]) AND \(raw: isUnawaited)
            AND NOT EXISTS (SELECT FROM asset_event_run c WHERE c.event = e.id)
        RETURNING '{}'::bigint[] AS attempts
        """
    }
}

/// No queue has the update of an asset.
private let isUnawaited = RawSQL(
    "NOT EXISTS (SELECT FROM asset_queue q WHERE q.asset = e.asset AND q.event = e.id)")
