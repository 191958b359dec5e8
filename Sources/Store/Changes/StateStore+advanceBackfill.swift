package import DAGModel
internal import Postgres

extension StateStore {
    /// Makes runs for the next dates of a backfill, or has those that exist begin again. Whoever does it at the same time waits; a date
    /// gets one run.
    ///
    /// - Parameter count: How many dates to look at.
    /// - Returns: The runs, and whether no date waits any more. Nothing while the backfill is paused.
    package func advanceBackfill(_ id: Int64, by count: Int, now: Instant) async throws -> (runs: [Int64], isDone: Bool)
    {
        try await pool.transaction { transaction in
            let results = try await transaction.pipeline([
                "SELECT * FROM backfill WHERE id = \(id) FOR NO KEY UPDATE",
                """
                SELECT v.* FROM dag_version v JOIN backfill b ON b.version_id = v.id WHERE b.id = \(id)
                """,
                """
                SELECT * FROM backfill_date WHERE backfill = \(id) AND run IS NULL AND reason IS NULL
                ORDER BY ordinal LIMIT \(Int64(count) + 1)
                """,
            ])
            guard let backfill = try results[0].first.map(BackfillRecord.init), backfill.completedAt == nil,
                let version = try results[1].first.map(VersionRecord.init)
            else { return ([], true) }
            guard !backfill.isPaused else { return ([], false) }
            let dates = try results[2].map(WaitingDate.init)
            var runs: [Int64] = []
            for date in dates.prefix(count) {
                if let run = try await transaction.make(date, of: backfill, version, now: now) { runs.append(run) }
            }
            return (runs, dates.count <= count)
        }
    }
}

/// A date of a backfill whose turn has come.
private struct WaitingDate {
    let ordinal: Int
    let run: DAGRunInfo

    init(_ row: PostgresRow) throws {
        ordinal = try row.int("ordinal")
        run = DAGRunInfo(
            runAfter: try row.instant("run_after"),
            dataInterval: DataInterval(
                start: try row.instant("data_interval_start"), end: try row.instant("data_interval_end")))
    }
}

extension PostgresTransaction {
    /// - Returns: The run that was made for a date; nil when there is a reason that none was.
    fileprivate func make(
        _ date: WaitingDate, of backfill: BackfillRecord, _ version: VersionRecord, now: Instant
    ) async throws -> Int64? {
        let stored = try await query(
            """
            SELECT * FROM dag_run WHERE dag_id = \(backfill.dagID) AND logical_date = \(date.run.logicalDate.timestamp)
            FOR NO KEY UPDATE
            """
        ).first.map(RunRecord.init)
        switch backfill.spec.reprocess.action(on: stored?.state) {
        case .create: return try await create(date, of: backfill, version, now: now)
        case .clear:
            guard let stored else { return nil }
            try await beginAgain(stored, date, of: backfill, version, now: now)
            return stored.id
        case .skip(let reason):
            try await note(reason, date, of: backfill)
            return nil
        }
    }

    private func create(
        _ date: WaitingDate, of backfill: BackfillRecord, _ version: VersionRecord, now: Instant
    ) async throws -> Int64? {
        guard let row = try await query(date.newRun(of: backfill, version).insert(now: now)).first else {
            // A run of another date has the id, or one of this date was created this moment.
            try await note(.inFlight, date, of: backfill)
            return nil
        }
        let run = try RunRecord(row)
        try await note(run.id, date, of: backfill)
        guard backfill.subset != nil else { return run.id }
        let before = StoredRun(record: run, instances: [], graph: DAGGraph(version.document))
        var after = before
        after.instances = version.document.tasks.flatMap { backfill.rows(of: $0, run: run.id, former: [], now: now) }
        try await pipeline(RunChange(from: before, to: after).statements(now: now))
        return run.id
    }

    private func beginAgain(
        _ run: RunRecord, _ date: WaitingDate, of backfill: BackfillRecord, _ version: VersionRecord, now: Instant
    ) async throws {
        let before = try await lockRun(run.id)
        var version = version
        if !backfill.spec.movesToVersion, run.versionID != version.id {
            let own = try await query("SELECT * FROM dag_version WHERE id = \(run.versionID)")
            version = try own.first.map(VersionRecord.init) ?? version
        }
        let after = before.begunAgain(by: backfill, ordinal: date.ordinal, on: version, now: now)
        // What tasks left that run again is not handed out; with another number of instances it would not be overwritten.
        let tasks = backfill.spec.taskIDs ?? before.instances.map(\.taskID)
        let forget: SQL = "DELETE FROM xcom WHERE run = \(run.id) AND task_id = ANY (\(tasks)::text[])"
        try await pipeline([forget] + RunChange(from: before, to: after).statements(now: now))
        try await note(run.id, date, of: backfill)
    }

    private func note(_ run: Int64, _ date: WaitingDate, of backfill: BackfillRecord) async throws {
        try await query(
            "UPDATE backfill_date SET run = \(run) WHERE backfill = \(backfill.id) AND ordinal = \(Int32(date.ordinal))"
        )
    }

    private func note(_ reason: BackfillSkip, _ date: WaitingDate, of backfill: BackfillRecord) async throws {
        try await query(
            """
            UPDATE backfill_date SET reason = \(reason.rawValue)
            WHERE backfill = \(backfill.id) AND ordinal = \(Int32(date.ordinal))
            """)
    }
}

extension WaitingDate {
    func newRun(of backfill: BackfillRecord, _ version: VersionRecord) -> NewRun {
        var new = NewRun(
            dagID: backfill.dagID, runID: "backfill__\(run.runAfter.isoformat)", versionID: version.id, type: .backfill,
            logicalDate: run.logicalDate, dataIntervalStart: run.dataInterval.start,
            dataIntervalEnd: run.dataInterval.end, runAfter: run.runAfter,
            params: JSONValue.object(version.document.params.merged(with: backfill.spec.params ?? [:])).compactJSON,
            triggeredBy: BackfillRecord.trigger)
        new.backfill = BackfillPlace(id: backfill.id, ordinal: ordinal)
        return new
    }
}
