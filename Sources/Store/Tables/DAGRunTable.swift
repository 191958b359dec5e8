package import DAGModel
internal import Postgres

extension StateStore {
    /// Creates a run in state `queued` and tells the leader. Runs that the scheduler creates go through here too.
    ///
    /// - Throws: ``StoreError/runExists(dagID:runID:)`` when the DAG has a run of this id or logical date.
    package func createRun(_ run: NewRun, now: Instant) async throws -> RunRecord {
        do {
            let rows = try await pool.query(run.insert(now: now))
            guard let row = rows.first else { throw StoreError.runExists(dagID: run.dagID, runID: run.runID) }
            return try RunRecord(row)
        } catch let error as PostgresError where error.isUniqueViolation {
            throw StoreError.runExists(dagID: run.dagID, runID: run.runID)
        }
    }

    package func run(id: Int64) async throws -> RunRecord? {
        try await pool.query("SELECT * FROM dag_run WHERE id = \(id)").first.map(RunRecord.init)
    }

    package func run(dagID: String, runID: String) async throws -> RunRecord? {
        try await pool.query("SELECT * FROM dag_run WHERE dag_id = \(dagID) AND run_id = \(runID)")
            .first.map(RunRecord.init)
    }

    /// The runs that are queued or running, with the revisions they have now.
    package func unfinishedRuns() async throws -> [(id: Int64, revision: Int64)] {
        try await pool.query("SELECT id, revision FROM dag_run WHERE state IN ('queued', 'running') ORDER BY id")
            .map { (try $0["id", as: Int64.self], try $0["revision", as: Int64.self]) }
    }

    /// Runs, newest first.
    ///
    /// - Parameters:
    ///   - dagID: Only runs of this DAG; nil for all.
    ///   - states: Only runs in these states; empty for all.
    package func runs(dagID: String?, states: [DAGRunState], limit: Int, offset: Int) async throws -> [RunRecord] {
        try await pool.query(
            """
            SELECT * FROM dag_run
            WHERE (\(dagID)::text IS NULL OR dag_id = \(dagID)::text)
                AND (cardinality(\(states.map(\.rawValue))::text[]) = 0 OR state = ANY (\(states.map(\.rawValue))::text[]))
            ORDER BY run_after DESC, id DESC LIMIT \(Int64(limit)) OFFSET \(Int64(offset))
            """
        ).map(RunRecord.init)
    }

    /// The number of runs that ``runs(dagID:states:limit:offset:)`` would give without a limit.
    package func runCount(dagID: String?, states: [DAGRunState]) async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*) AS n FROM dag_run
            WHERE (\(dagID)::text IS NULL OR dag_id = \(dagID)::text)
                AND (cardinality(\(states.map(\.rawValue))::text[]) = 0 OR state = ANY (\(states.map(\.rawValue))::text[]))
            """)
        return Int(try rows.first.map { try $0["n", as: Int64.self] } ?? 0)
    }

    /// The newest run that a schedule created: where the next one follows on. A backfill may have had it begin again since.
    package func lastScheduledRun(dagID: String) async throws -> RunRecord? {
        try await pool.query(
            """
            SELECT * FROM dag_run
            WHERE dag_id = \(dagID) AND logical_date IS NOT NULL
                AND (run_type = 'scheduled' OR run_type = 'backfill' AND starts_with(run_id, 'scheduled__'))
            ORDER BY logical_date DESC LIMIT 1
            """
        ).first.map(RunRecord.init)
    }

    /// Asks the leader to end a run as failed.
    ///
    /// - Returns: False when the run does not exist or has ended.
    package func requestCancel(dagID: String, runID: String) async throws -> Bool {
        let rows = try await pool.query(
            """
            WITH changed AS (
                UPDATE dag_run SET is_cancel_requested = true, revision = revision + 1
                WHERE dag_id = \(dagID) AND run_id = \(runID) AND state IN ('queued', 'running')
                RETURNING id)
            SELECT id, pg_notify('slipstream', 'run:' || id) IS NULL AS told FROM changed
            """)
        return rows.first != nil
    }
}

extension NewRun {
    /// Creates the run and tells the leader; gives no row when the DAG has a run of this id or logical date.
    func insert(now: Instant) -> SQL {
        """
        WITH created AS (
            INSERT INTO dag_run (
                dag_id, run_id, version_id, run_type, state, logical_date, data_interval_start, data_interval_end,
                run_after, queued_at, params, triggered_by, note, backfill, backfill_ordinal)
            VALUES (
                \(dagID), \(runID), \(versionID), \(type.rawValue), 'queued', \(logicalDate?.timestamp),
                \(dataIntervalStart?.timestamp), \(dataIntervalEnd?.timestamp), \(runAfter.timestamp),
                \(now.timestamp), \(params), \(triggeredBy), \(note), \(backfill?.id),
                \(backfill.map { Int32($0.ordinal) }))
            ON CONFLICT DO NOTHING
            RETURNING *),
        deadlines AS (\(Self.insertDeadlines))
        SELECT created.*, pg_notify('slipstream', 'run:' || id) IS NULL AS told FROM created
        """
    }
}

extension RunRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row["id", as: Int64.self], dagID: try row.text("dag_id"), runID: try row.text("run_id"),
            versionID: try row["version_id", as: Int64.self], type: try row.value("run_type"),
            state: try row.value("state"), logicalDate: try row.optionalInstant("logical_date"),
            dataIntervalStart: try row.optionalInstant("data_interval_start"),
            dataIntervalEnd: try row.optionalInstant("data_interval_end"), runAfter: try row.instant("run_after"),
            queuedAt: try row.instant("queued_at"), startedAt: try row.optionalInstant("started_at"),
            endedAt: try row.optionalInstant("ended_at"), params: try row.text("params"),
            triggeredBy: try row.text("triggered_by"), note: try row["note", as: String?.self],
            isCancelRequested: try row["is_cancel_requested", as: Bool.self],
            endsAs: try row["ends_as", as: String?.self].flatMap(DAGRunState.init(rawValue:)),
            backfill: try BackfillPlace(row),
            revision: try row["revision", as: Int64.self])
    }
}

extension BackfillPlace {
    fileprivate init?(_ row: PostgresRow) throws {
        guard let id = try row["backfill", as: Int64?.self], let ordinal = try row.optionalInt("backfill_ordinal")
        else {
            return nil
        }
        self.init(id: id, ordinal: ordinal)
    }
}
