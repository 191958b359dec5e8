package import DAGModel
internal import Postgres

extension StateStore {
    /// The states of a DAG's runs whose logical dates are in a range.
    package func runStates(dagID: String, from: Instant, to: Instant) async throws -> [Instant: DAGRunState] {
        let rows = try await pool.query(
            """
            SELECT logical_date, state FROM dag_run
            WHERE dag_id = \(dagID) AND logical_date BETWEEN \(from.timestamp) AND \(to.timestamp)
            """)
        return try Dictionary(
            rows.map { (try $0.instant("logical_date"), try $0.value("state")) }, uniquingKeysWith: { $1 })
    }

    /// What the newest successful runs of a DAG took, in seconds; those that did some of its tasks only are not counted.
    package func runSeconds(dagID: String, limit: Int = 100) async throws -> [Double] {
        try await pool.query(
            """
            SELECT extract(epoch FROM r.ended_at - r.started_at)::float8 AS seconds
            FROM dag_run r LEFT JOIN backfill b ON b.id = r.backfill
            WHERE r.dag_id = \(dagID) AND r.state = 'success' AND r.started_at IS NOT NULL AND r.ended_at IS NOT NULL
                AND b.task_ids IS NULL
            ORDER BY r.id DESC LIMIT \(Int64(limit))
            """
        ).map { try $0["seconds", as: Double.self] }
    }

    /// How far backfills are.
    package func backfillProgress(_ ids: [Int64]) async throws -> [Int64: BackfillProgress] {
        let rows = try await pool.query(
            """
            SELECT d.backfill, CASE WHEN d.run IS NOT NULL THEN r.state WHEN d.reason IS NULL THEN 'waiting' ELSE 'skipped' END AS part,
                count(*) AS n
            FROM backfill_date d LEFT JOIN dag_run r ON r.id = d.run
            WHERE d.backfill = ANY (\(ids)::bigint[])
            GROUP BY 1, 2
            """)
        var progress: [Int64: BackfillProgress] = [:]
        for row in rows {
            let (id, count) = (try row["backfill", as: Int64.self], Int(try row["n", as: Int64.self]))
            switch try row["part", as: String?.self] {
            case "waiting": progress[id, default: .init()].waiting += count
            case "queued": progress[id, default: .init()].queued += count
            case "running": progress[id, default: .init()].running += count
            case "success": progress[id, default: .init()].success += count
            case "failed": progress[id, default: .init()].failed += count
            default: progress[id, default: .init()].skipped += count
            }
        }
        return progress
    }

    /// The dates of a backfill in their order, and what became of them.
    package func backfillDates(_ id: Int64, limit: Int, offset: Int) async throws -> [BackfillDate] {
        try await pool.query(
            """
            SELECT d.*, r.run_id, r.state FROM backfill_date d LEFT JOIN dag_run r ON r.id = d.run
            WHERE d.backfill = \(id) ORDER BY d.ordinal LIMIT \(Int64(limit)) OFFSET \(Int64(offset))
            """
        ).map(BackfillDate.init)
    }
}

extension BackfillDate {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            backfill: try row["backfill", as: Int64.self], ordinal: try row.int("ordinal"),
            logicalDate: try row.instant("logical_date"), runID: try row["run_id", as: String?.self],
            state: try row["state", as: String?.self].flatMap(DAGRunState.init(rawValue:)),
            skip: try row["reason", as: String?.self].flatMap(BackfillSkip.init(rawValue:)))
    }
}
