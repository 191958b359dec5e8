package import DAGModel
internal import Postgres

// The outbox: what happened stands in it from the transaction that commits it until its callback has run.
extension StateStore {
    /// The callbacks that are to be called by now, those that wait longest first.
    package func dueCallbacks(now: Instant, limit: Int) async throws -> [CallbackRecord] {
        try await pool.query(
            """
            SELECT * FROM callback WHERE state = 'pending' AND due_at <= \(now.timestamp)
            ORDER BY due_at, id LIMIT \(Int64(limit))
            """
        ).map(CallbackRecord.init)
    }

    /// When the next callback is to be called; nil when none waits.
    package func nextCallback() async throws -> Instant? {
        try await pool.query("SELECT min(due_at) AS due_at FROM callback WHERE state = 'pending'").one()
            .optionalInstant("due_at")
    }

    /// The callbacks that a worker was told to call, and that have not ended.
    package func runningCallbacks() async throws -> [CallbackRecord] {
        try await pool.query("SELECT * FROM callback WHERE state = 'running' ORDER BY id").map(CallbackRecord.init)
    }

    /// Notes that a worker is about to be told to make a call.
    ///
    /// - Returns: False when the callback no longer waits, or another scheduler leads.
    package func claimCallback(
        _ id: Int64, attempt: Int64, token: [UInt8], worker: String, epoch: Int64
    ) async throws -> Bool {
        try await pool.query(
            """
            UPDATE callback SET state = 'running', calls = calls + 1, attempts = attempts || \(attempt)::bigint,
                workers = workers || \(worker)::text, token = \(token)
            WHERE id = \(id) AND state = 'pending'
                AND EXISTS (SELECT FROM leader WHERE epoch = \(epoch) FOR SHARE)
            RETURNING id
            """
        ).first != nil
    }

    /// Notes how a call ended.
    ///
    /// - Returns: False when the callback does not wait for this call.
    @discardableResult
    package func endCallback(_ id: Int64, attempt: Int64, _ end: CallbackEnd, now: Instant) async throws -> Bool {
        let (state, due, error): (CallbackRecord.State, Instant?, String?) =
            switch end {
            case .success: (.success, nil, nil)
            case .again(let at, let error): (.pending, at, error)
            case .failed(let error): (.failed, nil, error)
            }
        return try await pool.query(
            """
            UPDATE callback SET state = \(state.rawValue), due_at = coalesce(\(due?.timestamp)::timestamptz, due_at),
                error = \(error), token = NULL,
                ended_at = CASE WHEN \(state.rawValue)::text = 'pending' THEN NULL ELSE \(now.timestamp)::timestamptz END
            WHERE id = \(id) AND state = 'running' AND attempts[cardinality(attempts)] = \(attempt)
            RETURNING id
            """
        ).first != nil
    }

    /// Gives up a callback that cannot be called.
    package func giveUpCallback(_ id: Int64, error: String, now: Instant) async throws {
        _ = try await pool.query(
            """
            UPDATE callback SET state = 'failed', error = \(error), ended_at = \(now.timestamp)
            WHERE id = \(id) AND state = 'pending'
            """)
    }

    /// Has a callback that was given up called again, as often as a new one, and tells the leader.
    ///
    /// - Returns: False when it was not given up.
    package func retryCallback(_ id: Int64, now: Instant) async throws -> Bool {
        let rows = try await pool.query(
            """
            WITH changed AS (
                UPDATE callback SET state = 'pending', calls = 0, due_at = \(now.timestamp), ended_at = NULL
                WHERE id = \(id) AND state = 'failed' RETURNING id)
            SELECT id, pg_notify('slipstream', 'callback:' || id) IS NULL AS told FROM changed
            """)
        return rows.first != nil
    }

    package func callback(_ id: Int64) async throws -> CallbackRecord? {
        try await pool.query("SELECT * FROM callback WHERE id = \(id)").first.map(CallbackRecord.init)
    }
}

extension TickWrites {
    /// - Parameter revisions: For each callback the revision of its run.
    func insertCallbacks(revisions: [Int64]) -> SQL {
        let events = callbacks.map(\.event)
        return """
            INSERT INTO callback (
                dedupe_key, run, version_id, kind, task_id, map_index, try_number, new_state, reason, ended_attempt,
                happened_at, due_at)
            SELECT u.dedupe_key, u.run, u.version_id, u.kind, u.task_id, u.map_index, u.try_number, u.new_state, u.reason,
                u.ended_attempt, u.happened_at, u.happened_at
            FROM unnest(
                \(revisions)::bigint[], \(callbacks.map(\.run))::bigint[], \(callbacks.map(\.versionID))::bigint[],
                \(events.map(\.dedupeKey))::text[], \(events.map(\.kind.rawValue))::text[], \(events.map(\.taskID))::text[],
                \(events.map { Int32($0.mapIndex) })::int[], \(events.map { Int32($0.tryNumber) })::int[],
                \(events.map(\.state))::text[], \(events.map(\.reason))::text[], \(events.map(\.attempt))::bigint[],
                \(events.map(\.at.timestamp))::timestamptz[]
            ) AS u (
                revision, run, version_id, dedupe_key, kind, task_id, map_index, try_number, new_state, reason,
                ended_attempt, happened_at)
            JOIN dag_run r ON r.id = u.run AND r.revision = u.revision
            ON CONFLICT (dedupe_key) DO NOTHING
            """
    }
}

extension CallbackRecord {
    init(_ row: PostgresRow) throws {
        var event = CallbackEvent(
            try row.value("kind"), dedupeKey: try row.text("dedupe_key"), taskID: try row["task_id", as: String?.self],
            mapIndex: try row.int("map_index"), tryNumber: try row.int("try_number"), state: try row.text("new_state"),
            reason: try row["reason", as: String?.self], attempt: try row["ended_attempt", as: Int64?.self],
            at: try row.instant("happened_at"))
        if let index = try row.optionalInt("deadline_index"), let at = try row.optionalInstant("deadline_at") {
            event.deadline = MissedDeadline(index: index, at: at)
        }
        self.init(
            id: try row["id", as: Int64.self], run: try row["run", as: Int64.self],
            versionID: try row["version_id", as: Int64.self], event: event, state: try row.value("state"),
            calls: try row.int("calls"), dueAt: try row.instant("due_at"),
            attempts: try row["attempts", as: [Int64].self], token: try row["token", as: [UInt8]?.self],
            worker: try row["workers", as: [String].self].last, error: try row["error", as: String?.self],
            endedAt: try row.optionalInstant("ended_at"))
    }
}
