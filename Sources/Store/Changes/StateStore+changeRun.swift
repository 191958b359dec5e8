package import DAGModel
internal import Postgres

extension StateStore {
    /// Changes a run as a person asks: the body gets its rows, locked, and what it leaves is stored. The leader is told, and reads the run
    /// again; attempts that the rows no longer know are stopped, and what they say is refused. When the body throws, nothing is changed.
    ///
    /// - Throws: ``StoreError/runGone(_:)`` when there is no such run.
    package func changeRun<Result: Sendable>(
        _ id: Int64, now: Instant, _ body: (inout StoredRun) throws -> Result
    ) async throws -> Result {
        try await pool.transaction { transaction in
            let before = try await transaction.lockRun(id)
            var after = before
            let result = try body(&after)
            try await transaction.pipeline(RunChange(from: before, to: after).statements(now: now))
            return result
        }
    }

    /// A run with its rows, to look at.
    ///
    /// - Throws: ``StoreError/runGone(_:)`` when there is no such run.
    package func storedRun(_ id: Int64) async throws -> StoredRun {
        guard let record = try await run(id: id), let version = try await version(record.versionID) else {
            throw StoreError.runGone(id)
        }
        return StoredRun(record: record, instances: try await instances(run: id), graph: DAGGraph(version.document))
    }
}

extension PostgresTransaction {
    /// A run with its rows; nobody else changes them until the end of the transaction.
    ///
    /// - Throws: ``StoreError/runGone(_:)`` when there is no such run.
    func lockRun(_ id: Int64) async throws -> StoredRun {
        let results = try await pipeline([
            "SELECT * FROM dag_run WHERE id = \(id) FOR NO KEY UPDATE",
            "SELECT v.* FROM dag_version v JOIN dag_run r ON r.version_id = v.id WHERE r.id = \(id)",
            "SELECT * FROM task_instance WHERE run = \(id) ORDER BY task_id, map_index",
        ])
        guard let record = try results[0].first.map(RunRecord.init),
            let version = try results[1].first.map(VersionRecord.init)
        else { throw StoreError.runGone(id) }
        return StoredRun(
            record: record, instances: try results[2].map(InstanceRecord.init), graph: DAGGraph(version.document))
    }
}

/// What differs between a run's rows before and after a change.
struct RunChange {
    private let run: RunRecord
    private var isRunChanged: Bool
    private var gone: [InstanceRecord] = []
    private var changed: [InstanceRecord] = []
    /// Attempts that were executing and that the rows no longer know, as they ended.
    private var ended: [InstanceRecord] = []

    init(from before: StoredRun, to after: StoredRun) {
        run = after.record
        isRunChanged = before.record != after.record
        var old = Dictionary(before.instances.map { (Place($0), $0) }, uniquingKeysWith: { first, _ in first })
        for row in after.instances {
            let former = old.removeValue(forKey: Place(row))
            if former != row { changed.append(row) }
            guard var attempt = former, attempt.attempt != nil, row.attempt == nil else { continue }
            attempt.state = row.state
            attempt.reason = row.reason
            ended.append(attempt)
        }
        gone = Array(old.values)
    }

    private struct Place: Hashable {
        let taskID: String
        let mapIndex: Int

        init(_ row: InstanceRecord) {
            taskID = row.taskID
            mapIndex = row.mapIndex
        }
    }

    func statements(now: Instant) -> [SQL] {
        guard isRunChanged || !changed.isEmpty || !gone.isEmpty else { return [] }
        var statements: [SQL] = []
        if !gone.isEmpty { statements.append(deleteInstances) }
        if !changed.isEmpty { statements.append(writeInstances) }
        if !ended.isEmpty { statements.append(insertAttempts(now)) }
        return statements + [updateRun, "SELECT pg_notify('slipstream', 'run:' || \(run.id)::bigint) IS NULL AS told"]
    }

    private var updateRun: SQL {
        """
        UPDATE dag_run SET state = \(run.state.rawValue), queued_at = \(run.queuedAt.timestamp),
            started_at = \(run.startedAt?.timestamp), ended_at = \(run.endedAt?.timestamp), note = \(run.note),
            is_cancel_requested = \(run.isCancelRequested), ends_as = \(run.endsAs?.rawValue),
            run_type = \(run.type.rawValue), version_id = \(run.versionID), params = \(run.params),
            triggered_by = \(run.triggeredBy), backfill = \(run.backfill?.id),
            backfill_ordinal = \(run.backfill.map { Int32($0.ordinal) }), revision = revision + 1
        WHERE id = \(run.id)
        """
    }

    private var deleteInstances: SQL {
        """
        DELETE FROM task_instance t
        USING unnest(\(gone.map(\.taskID))::text[], \(gone.map { Int32($0.mapIndex) })::int[]) AS u (task_id, map_index)
        WHERE t.run = \(run.id) AND t.task_id = u.task_id AND t.map_index = u.map_index
        """
    }

    private var writeInstances: SQL {
        let rows = changed
        return """
            INSERT INTO task_instance (
                run, task_id, map_index, state, try_number, max_tries, losses, attempt, token, worker, pid, queued_at,
                started_at, ended_at, retry_at, reason, list_length, steering, map_index_name, wait, wait_kind, wait_key)
            SELECT \(run.id)::bigint, u.* FROM unnest(
                \(rows.map(\.taskID))::text[], \(rows.map { Int32($0.mapIndex) })::int[], \(rows.map(\.state.rawValue))::text[],
                \(rows.map { Int32($0.tryNumber) })::int[], \(rows.map { Int32($0.maxTries) })::int[],
                \(rows.map { Int32($0.losses) })::int[], \(rows.map(\.attempt))::bigint[], \(rows.map(\.token))::bytea[],
                \(rows.map(\.worker))::text[], \(rows.map { $0.pid.map(Int32.init) })::int[],
                \(rows.map { $0.queuedAt?.timestamp })::timestamptz[], \(rows.map { $0.startedAt?.timestamp })::timestamptz[],
                \(rows.map { $0.endedAt?.timestamp })::timestamptz[], \(rows.map { $0.retryAt?.timestamp })::timestamptz[],
                \(rows.map(\.reason))::text[], \(rows.map { $0.listLength.map(Int32.init) })::int[],
                \(rows.map(\.steering))::text[], \(rows.map(\.mapIndexName))::text[],
                \(rows.map { $0.wait?.json.compactJSON })::text[],
                \(rows.map { $0.wait?.suspension.kind })::text[], \(rows.map { $0.wait?.awaitedEvent })::text[]
            ) AS u
            ON CONFLICT (run, task_id, map_index) DO UPDATE SET state = excluded.state, try_number = excluded.try_number,
                max_tries = excluded.max_tries, losses = excluded.losses, attempt = excluded.attempt, token = excluded.token,
                worker = excluded.worker, pid = excluded.pid, queued_at = excluded.queued_at,
                started_at = excluded.started_at, ended_at = excluded.ended_at, retry_at = excluded.retry_at,
                reason = excluded.reason, list_length = excluded.list_length, steering = excluded.steering,
                map_index_name = excluded.map_index_name, wait = excluded.wait, wait_kind = excluded.wait_kind, wait_key = excluded.wait_key
            """
    }

    private func insertAttempts(_ now: Instant) -> SQL {
        let rows = ended
        return """
            INSERT INTO attempt (
                id, run, task_id, map_index, try_number, state, worker, pid, queued_at, started_at, ended_at,
                cpu_microseconds, max_resident_kib, reason, cause)
            SELECT u.id, \(run.id)::bigint, u.task_id, u.map_index, u.try_number, u.state, u.worker, u.pid, u.queued_at,
                u.started_at, \(now.timestamp)::timestamptz, 0, 0, u.reason, 'cancelled'
            FROM unnest(
                \(rows.compactMap(\.attempt))::bigint[], \(rows.map(\.taskID))::text[], \(rows.map { Int32($0.mapIndex) })::int[],
                \(rows.map { Int32($0.tryNumber) })::int[], \(rows.map(\.state.rawValue))::text[],
                \(rows.map { $0.worker ?? "" })::text[], \(rows.map { $0.pid.map(Int32.init) })::int[],
                \(rows.map { $0.queuedAt?.timestamp })::timestamptz[], \(rows.map { $0.startedAt?.timestamp })::timestamptz[],
                \(rows.map(\.reason))::text[]
            ) AS u (id, task_id, map_index, try_number, state, worker, pid, queued_at, started_at, reason)
            """
    }
}
