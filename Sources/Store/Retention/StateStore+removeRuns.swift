internal import DAGModel
internal import Postgres

extension StateStore {
    /// The DAGs that have a run which ended before a moment, by id.
    func dagsWithRuns(endedBefore cutoff: Instant, dagID: String?) async throws -> [String] {
        try await pool.query(
            """
            SELECT d.dag_id FROM dag d
            WHERE (\(dagID)::text IS NULL OR d.dag_id = \(dagID)::text) AND EXISTS (
                SELECT FROM dag_run r
                WHERE r.dag_id = d.dag_id AND r.state IN ('success', 'failed') AND r.ended_at < \(cutoff.timestamp))
            ORDER BY d.dag_id
            """
        ).map { try $0.text("dag_id") }
    }

    /// Removes some runs of a DAG that are old and not needed, with all that belongs to them: all of it or nothing.
    ///
    /// The runs are locked before anything is decided about them. Who changes one at the same time is waited for by nobody: that run is left
    /// for the next pass. Who wants to change one that is being removed waits, and then finds that it does not exist any more.
    func removeRuns(_ request: RetentionRequest, from place: RetentionPlace) async throws -> RemovedRuns {
        try await fenced {
            try await pool.transaction { transaction in
                try await transaction.removeRuns(request, from: place)
            }
        }
    }

    /// What a leader writes once it is known that it does not lead any more is an error of its own.
    func fenced<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let error as PostgresError where error.sqlState == "SL001" {
            throw StoreError.fenced
        }
    }
}

extension PostgresTransaction {
    fileprivate func removeRuns(_ request: RetentionRequest, from place: RetentionPlace) async throws -> RemovedRuns {
        let page = try await pipeline([
            "SET LOCAL statement_timeout = '60s'",
            // No backfill of the DAG is created meanwhile.
            "SELECT pg_advisory_xact_lock(hashtext('backfill'), hashtext(\(request.dagID))) IS NULL AS locked",
            request.oldRuns(from: place),
        ])[2]
        var step = RemovedRuns()
        guard let last = page.last else { return step }
        let runs = try page.map(RetainedRun.init)
        step.next =
            page.count < request.size.runs
            ? nil : RetentionPlace(endedAt: try last.instant("ended_at"), run: try last["id", as: Int64.self])
        let removable = try await removable(runs, request)
        let (chosen, isCut) = try await bounded(removable, to: request.size.instances)
        guard let end = chosen.last else { return step }
        // What is over the bound is looked at again.
        if isCut, let endedAt = end.endedAt { step.next = RetentionPlace(endedAt: endedAt, run: end.id) }
        step.runs = chosen.map(\.id)
        step.attempts = try await attempts(of: step.runs)
        let statements = removal(of: step.runs, step.attempts, isDryRun: request.isDryRun)
        let results = try await pipeline(statements.map(\.statement) + assertLeader(request.epoch))
        for (kind, rows) in zip(statements.map(\.kind), results) {
            guard let kind else { continue }
            step.counts[kind] = request.isDryRun ? Int(try rows.one()["n", as: Int64.self]) : rows.affected
        }
        return step
    }

    /// Those of some locked runs of a DAG that may be removed.
    private func removable(_ runs: [RetainedRun], _ request: RetentionRequest) async throws -> [RetainedRun] {
        guard let rule = try await rule(request) else { return [] }
        let candidates = runs.filter { !rule.keepsForItself($0) }
        guard !candidates.isEmpty else { return [] }
        let awaited = try await awaited(candidates.map(\.id), locked: !request.isDryRun)
        let followers = try await followers(of: candidates, request.dagID)
        return candidates.filter { run in
            !awaited.contains(run.id) && rule.mayRemove(run, followers: followers[run.id])
        }
    }

    /// The rule for a DAG as things are; nil when none of its runs may go.
    private func rule(_ request: RetentionRequest) async throws -> RetentionRule? {
        let results = try await pipeline([
            "SELECT d.first_seen_at, v.* FROM dag d JOIN dag_version v ON v.id = d.version_id WHERE d.dag_id = \(request.dagID)",
            """
            SELECT data_interval_start, data_interval_end, logical_date FROM dag_run
            WHERE dag_id = \(request.dagID) AND logical_date IS NOT NULL
                AND (run_type = 'scheduled' OR run_type = 'backfill' AND starts_with(run_id, 'scheduled__'))
            ORDER BY logical_date DESC LIMIT 1
            """,
            "SELECT from_date, to_date FROM backfill WHERE dag_id = \(request.dagID) AND completed_at IS NULL",
        ])
        guard let row = results[0].first else { return nil }
        let document = try VersionRecord(row).document
        // To pause a DAG after so many failures, its newest runs are counted.
        let kept = max(request.keptRuns, document.limits.maxConsecutiveFailedRuns)
        let newestFrom = try await newestFrom(kept, request.dagID)
        guard kept == 0 || newestFrom != nil else { return nil }
        let last = results[1].first
        let interval = try last.flatMap { row in
            guard let start = try row.optionalInstant("data_interval_start"),
                let end = try row.optionalInstant("data_interval_end")
            else { return nil as DataInterval? }
            return DataInterval(start: start, end: end)
        }
        let zones = ZoneFiles()
        return RetentionRule(
            endedBefore: request.endedBefore, newestFrom: newestFrom,
            newestScheduled: try last?.optionalInstant("logical_date"),
            scheduledFrom: document.scheduledFrom(
                last: interval, firstSeen: try row.instant("first_seen_at"), now: request.now
            ) { try zones.zone($0) },
            backfills: try results[2].map { row in
                let from = try row.instant("from_date")
                return from...max(from, try row.instant("to_date"))
            })
    }

    private func newestFrom(_ count: Int, _ dagID: String) async throws -> Instant? {
        guard count > 0 else { return nil }
        return try await query(
            """
            SELECT run_after FROM dag_run WHERE dag_id = \(dagID)
            ORDER BY run_after DESC, id DESC OFFSET \(Int64(count) - 1) LIMIT 1
            """
        ).first?.instant("run_after")
    }

    /// The runs whose callbacks or deadlines are still to come. Nobody asks for another call of a callback meanwhile.
    private func awaited(_ runs: [Int64], locked: Bool) async throws -> Set<Int64> {
        let lock = RawSQL("FOR UPDATE")
        let callbacks: SQL =
            locked
            ? "SELECT run, state FROM callback WHERE run = ANY (\(runs)::bigint[]) ORDER BY id \(raw: lock)"
            : "SELECT run, state FROM callback WHERE run = ANY (\(runs)::bigint[])"
        let results = try await pipeline([
            callbacks, "SELECT run, state FROM deadline WHERE run = ANY (\(runs)::bigint[]) AND state = 'pending'",
        ])
        return Set(
            try results.flatMap { try $0.filter { ["pending", "running"].contains(try $0.text("state")) } }
                .map { try $0["run", as: Int64.self] })
    }

    private func followers(of runs: [RetainedRun], _ dagID: String) async throws -> [Int64: RunFollowers] {
        let dated = runs.compactMap { run in run.logicalDate.map { (run: run, date: $0) } }
        let rows = try await query(
            """
            SELECT c.id, s.last_date, w.* FROM unnest(
                \(dated.map(\.run.id))::bigint[], \(dated.map(\.date.timestamp))::timestamptz[], \(dated.map(\.run.isManual))::bool[]
            ) AS c (id, date, is_manual)
            CROSS JOIN LATERAL (
                SELECT n.logical_date AS last_date FROM dag_run n
                WHERE n.dag_id = \(dagID) AND n.logical_date > c.date AND (c.is_manual OR n.run_type <> 'manual')
                ORDER BY n.logical_date LIMIT 1) s
            CROSS JOIN LATERAL (
                SELECT bool_or(n.state IN ('queued', 'running')) AS is_unfinished, max(n.ended_at) AS last_end,
                    max(n.run_after) AS last_run_after
                FROM dag_run n
                WHERE n.dag_id = \(dagID) AND n.logical_date > c.date AND n.logical_date <= s.last_date) w
            """)
        return try Dictionary(
            rows.map { row in
                (
                    try row["id", as: Int64.self],
                    RunFollowers(
                        isUnfinished: try row["is_unfinished", as: Bool.self],
                        lastEnd: try row.optionalInstant("last_end"),
                        lastRunAfter: try row.instant("last_run_after"), lastDate: try row.instant("last_date"))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The first of some runs, until they have so many task instances; at least one.
    private func bounded(_ runs: [RetainedRun], to limit: Int) async throws -> (runs: [RetainedRun], isCut: Bool) {
        let rows = try await query(
            """
            SELECT u.id, (SELECT count(*) FROM (
                SELECT FROM task_instance t WHERE t.run = u.id LIMIT \(Int64(limit))) AS rows) AS n
            FROM unnest(\(runs.map(\.id))::bigint[]) AS u (id)
            """)
        let sizes = try Dictionary(
            rows.map { (try $0["id", as: Int64.self], Int(try $0["n", as: Int64.self])) },
            uniquingKeysWith: { first, _ in first })
        var total = 0
        let end = runs.firstIndex { run in
            let isFull = total >= limit
            total += sizes[run.id] ?? 0
            return isFull
        }
        return (Array(runs[..<(end ?? runs.count)]), end != nil)
    }

    private func attempts(of runs: [Int64]) async throws -> [Int64] {
        try await query(
            """
            SELECT id FROM attempt WHERE run = ANY (\(runs)::bigint[])
            UNION SELECT unnest(attempts) FROM callback WHERE run = ANY (\(runs)::bigint[])
            ORDER BY id
            """
        ).map { try $0["id", as: Int64.self] }
    }

    func assertLeader(_ epoch: Int64?) -> [SQL] {
        // Last of all: it locks the leader's row, which has to be renewed in time.
        epoch.map { ["SELECT true AS leads FROM assert_leader(\($0))"] } ?? []
    }
}

extension RetentionRequest {
    fileprivate func oldRuns(from place: RetentionPlace) -> SQL {
        let page: SQL =
            """
            SELECT id, run_type, run_after, logical_date, ended_at FROM dag_run
            WHERE dag_id = \(dagID) AND state IN ('success', 'failed') AND ended_at < \(endedBefore.timestamp)
                AND (ended_at, id) > (\(place.endedAt.timestamp)::timestamptz, \(place.run)::bigint)
            ORDER BY ended_at, id LIMIT \(Int64(size.runs))
            """
        return isDryRun ? page : "\(page) FOR UPDATE SKIP LOCKED"
    }
}

extension RetainedRun {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row["id", as: Int64.self], isFinished: true, runAfter: try row.instant("run_after"),
            logicalDate: try row.optionalInstant("logical_date"), endedAt: try row.instant("ended_at"),
            isManual: try row.text("run_type") == "manual")
    }
}
