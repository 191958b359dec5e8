package import DAGModel
internal import Postgres

extension StateStore {
    /// Creates a backfill with all of its dates and tells the leader, which makes the runs.
    ///
    /// - Throws: ``StoreError/backfillOverlaps(id:from:to:)`` when an unfinished backfill of the DAG has dates in the same range.
    package func createBackfill(_ new: NewBackfill, now: Instant) async throws -> BackfillRecord {
        try await pool.transaction { transaction in
            // One at a time for each DAG, so that two cannot overlap.
            try await transaction.query(
                "SELECT pg_advisory_xact_lock(hashtext('backfill'), hashtext(\(new.version.dagID))) IS NULL AS locked")
            if let other = try await transaction.query(new.overlap).first.map(BackfillRecord.init) {
                throw StoreError.backfillOverlaps(id: other.id, from: other.spec.from, to: other.spec.to)
            }
            let record = try BackfillRecord(try await transaction.query(new.insert(now: now)).one())
            try await transaction.pipeline([new.insertDates(record.id), record.tell])
            return record
        }
    }

    /// The unfinished backfill of a DAG that has dates in a range; nil when there is none.
    package func backfill(dagID: String, from: Instant, to: Instant) async throws -> BackfillRecord? {
        try await pool.query(overlap(dagID, from, to)).first.map(BackfillRecord.init)
    }

    package func backfill(_ id: Int64) async throws -> BackfillRecord? {
        try await pool.query("SELECT * FROM backfill WHERE id = \(id)").first.map(BackfillRecord.init)
    }

    package func unfinishedBackfills() async throws -> [BackfillRecord] {
        try await pool.query("SELECT * FROM backfill WHERE completed_at IS NULL ORDER BY id").map(BackfillRecord.init)
    }

    /// Backfills by id.
    ///
    /// - Parameter dagID: Nil for those of all DAGs.
    package func backfills(dagID: String?, descending: Bool, limit: Int, offset: Int) async throws -> [BackfillRecord] {
        try await pool.query(
            """
            SELECT * FROM backfill WHERE \(dagID)::text IS NULL OR dag_id = \(dagID)::text
            ORDER BY \(raw: RawSQL(descending ? "id DESC" : "id")) LIMIT \(Int64(limit)) OFFSET \(Int64(offset))
            """
        ).map(BackfillRecord.init)
    }

    package func backfillCount(dagID: String?) async throws -> Int {
        let rows = try await pool.query(
            "SELECT count(*) AS n FROM backfill WHERE \(dagID)::text IS NULL OR dag_id = \(dagID)::text")
        return Int(try rows.one()["n", as: Int64.self])
    }

    /// Pauses or unpauses a backfill and tells the leader.
    ///
    /// - Returns: The backfill as it is now; nil when there is none, or it is finished.
    package func setBackfillPaused(_ id: Int64, _ isPaused: Bool, now: Instant) async throws -> BackfillRecord? {
        try await changeBackfill(
            """
            UPDATE backfill SET is_paused = \(isPaused), updated_at = \(now.timestamp)
            WHERE id = \(id) AND completed_at IS NULL RETURNING *
            """)
    }

    /// Ends a backfill: no run is made any more, and the leader ends those that wait as failed. Runs that have begun go on.
    ///
    /// - Returns: The backfill as it is now; nil when there is none, or it is finished.
    package func cancelBackfill(_ id: Int64, now: Instant) async throws -> BackfillRecord? {
        try await pool.transaction { transaction in
            let change: SQL =
                """
                UPDATE backfill SET is_paused = true, is_cancelled = true, completed_at = \(now.timestamp),
                    updated_at = \(now.timestamp)
                WHERE id = \(id) AND completed_at IS NULL RETURNING *
                """
            guard let record = try await transaction.query(change).first.map(BackfillRecord.init) else { return nil }
            let drop: SQL =
                """
                UPDATE backfill_date SET reason = \(BackfillSkip.cancelled.rawValue)
                WHERE backfill = \(id) AND run IS NULL AND reason IS NULL
                """
            try await transaction.pipeline([drop, record.tell])
            return record
        }
    }

    /// Notes that a backfill is finished, if no date waits and no run of it is queued or running.
    package func completeBackfill(_ id: Int64, now: Instant) async throws -> BackfillRecord? {
        try await pool.query(
            """
            UPDATE backfill b SET completed_at = \(now.timestamp), updated_at = \(now.timestamp)
            WHERE id = \(id) AND completed_at IS NULL
                AND NOT EXISTS (SELECT FROM backfill_date WHERE backfill = b.id AND run IS NULL AND reason IS NULL)
                AND NOT EXISTS (SELECT FROM dag_run WHERE backfill = b.id AND state IN ('queued', 'running'))
            RETURNING *
            """
        ).first.map(BackfillRecord.init)
    }

    private func changeBackfill(_ change: SQL) async throws -> BackfillRecord? {
        try await pool.transaction { transaction in
            guard let record = try await transaction.query(change).first.map(BackfillRecord.init) else { return nil }
            try await transaction.query(record.tell)
            return record
        }
    }
}

private func overlap(_ dagID: String, _ from: Instant, _ to: Instant) -> SQL {
    """
    SELECT * FROM backfill
    WHERE dag_id = \(dagID) AND completed_at IS NULL AND from_date <= \(to.timestamp) AND to_date >= \(from.timestamp)
    ORDER BY id LIMIT 1
    """
}

extension NewBackfill {
    fileprivate var overlap: SQL { Store.overlap(version.dagID, spec.from, spec.to) }

    /// One that has nothing to do is finished at once.
    fileprivate func insert(now: Instant) -> SQL {
        """
        INSERT INTO backfill (
            dag_id, version_id, from_date, to_date, reprocess_behavior, is_reversed, max_active_runs, task_ids, params,
            moves_to_version, triggered_by, created_at, updated_at, completed_at)
        VALUES (
            \(version.dagID), \(version.id), \(spec.from.timestamp), \(spec.to.timestamp), \(spec.reprocess.rawValue),
            \(spec.isReversed), \(Int32(spec.maxActiveRuns)), \(taskIDs), \(params), \(spec.movesToVersion), \(triggeredBy),
            \(now.timestamp), \(now.timestamp), \(dates.contains { $0.action.isRun } ? nil : now.timestamp))
        RETURNING *
        """
    }

    private var taskIDs: [String]? {
        let graph = DAGGraph(version.document)
        return spec.taskIDs.map { TaskSubset($0, in: graph) }.map { subset in
            version.document.tasks.map(\.id).filter(subset.taskIDs.contains)
        }
    }

    private var params: String? { spec.params.map { JSONValue.object($0).compactJSON } }

    fileprivate func insertDates(_ backfill: Int64) -> SQL {
        let reasons = dates.map { date -> String? in
            if case .skip(let reason) = date.action { reason.rawValue } else { nil }
        }
        return """
            INSERT INTO backfill_date (
                backfill, ordinal, logical_date, data_interval_start, data_interval_end, run_after, reason)
            SELECT \(backfill)::bigint, u.* FROM unnest(
                \((0..<dates.count).map { Int32($0 + 1) })::int[], \(dates.map(\.run.logicalDate.timestamp))::timestamptz[],
                \(dates.map(\.run.dataInterval.start.timestamp))::timestamptz[],
                \(dates.map(\.run.dataInterval.end.timestamp))::timestamptz[],
                \(dates.map(\.run.runAfter.timestamp))::timestamptz[], \(reasons)::text[]) AS u
            """
    }
}

extension BackfillRecord {
    fileprivate var tell: SQL { "SELECT pg_notify('slipstream', 'backfill:' || \(id)::bigint) IS NULL AS told" }

    init(_ row: PostgresRow) throws {
        var spec = BackfillSpec(from: try row.instant("from_date"), to: try row.instant("to_date"))
        spec.reprocess = try row.value("reprocess_behavior")
        spec.isReversed = try row["is_reversed", as: Bool.self]
        spec.maxActiveRuns = try row.int("max_active_runs")
        spec.taskIDs = try row["task_ids", as: [String]?.self]
        spec.params = try row["params", as: String?.self].map { text in
            var reader = JSONReader(text)
            guard case .object(let members)? = reader.read() else {
                throw StoreError.unknownValue(column: "params", value: text)
            }
            return members
        }
        spec.movesToVersion = try row["moves_to_version", as: Bool.self]
        self.init(
            id: try row["id", as: Int64.self], dagID: try row.text("dag_id"),
            versionID: try row["version_id", as: Int64.self], spec: spec, triggeredBy: try row.text("triggered_by"),
            isPaused: try row["is_paused", as: Bool.self], isCancelled: try row["is_cancelled", as: Bool.self],
            createdAt: try row.instant("created_at"), updatedAt: try row.instant("updated_at"),
            completedAt: try row.optionalInstant("completed_at"))
    }
}
