package import DAGModel
internal import Postgres

extension StateStore {
    /// The deadlines of a run. One that a run has met early is told as met, though its time has not come.
    package func deadlines(run: Int64) async throws -> [DeadlineRecord] {
        try await pool.query(
            """
            SELECT d.run, d.index, d.name, d.deadline_at, r.queued_at, c.id AS callback,
                CASE WHEN d.state = 'pending' AND r.state = 'success' THEN 'met' ELSE d.state END AS state
            FROM deadline d JOIN dag_run r ON r.id = d.run
            LEFT JOIN callback c ON c.run = d.run AND c.kind = 'deadline' AND c.deadline_index = d.index
            WHERE d.run = \(run) ORDER BY d.index
            """
        ).map(DeadlineRecord.init)
    }

    /// When the next deadline is; nil when none waits.
    package func nextDeadline() async throws -> Instant? {
        try await pool.query("SELECT min(deadline_at) AS deadline_at FROM deadline WHERE state = 'pending'").one()
            .optionalInstant("deadline_at")
    }

    /// Settles the deadlines whose time has come, each once: met by the runs that had ended well by then, missed by the others, whose callbacks
    /// come into the outbox with it.
    ///
    /// - Returns: How many were settled, and how many of them missed. Ask again while there are any.
    package func settleDeadlines(now: Instant) async throws -> (settled: Int, missed: Int) {
        let rows = try await pool.query(
            """
            WITH due AS (
                SELECT d.run, d.index, d.deadline_at, r.dag_id, r.run_id, r.version_id, r.state AS run_state,
                    r.state = 'success' AND r.ended_at <= d.deadline_at AS is_met
                FROM deadline d JOIN dag_run r ON r.id = d.run
                WHERE d.state = 'pending' AND d.deadline_at <= \(now.timestamp)
                ORDER BY d.run, d.index LIMIT 100
                -- A run whose end is being written is waited for.
                FOR NO KEY UPDATE OF d FOR SHARE OF r),
            settled AS (
                UPDATE deadline d SET state = CASE WHEN u.is_met THEN 'met' ELSE 'missed' END
                FROM due u WHERE d.run = u.run AND d.index = u.index
                RETURNING u.*),
            told AS (
                INSERT INTO callback (
                    dedupe_key, run, version_id, kind, map_index, try_number, new_state, reason, deadline_index, deadline_at,
                    happened_at, due_at)
                SELECT dag_id || '/' || run_id || '/deadline/' || index, run, version_id, 'deadline', -1, 0, run_state,
                    'the run had not ended well by the deadline', index, deadline_at, \(now.timestamp), \(now.timestamp)
                FROM settled WHERE NOT is_met
                ON CONFLICT (dedupe_key) DO NOTHING)
            SELECT count(*) AS settled, count(*) FILTER (WHERE NOT is_met) AS missed FROM settled
            """)
        let row = try rows.one()
        return (Int(try row["settled", as: Int64.self]), Int(try row["missed", as: Int64.self]))
    }
}

extension NewRun {
    /// Writes the deadlines of the run that is `created`, as the document of its version describes them.
    static let insertDeadlines: SQL = """
        INSERT INTO deadline (run, index, name, deadline_at)
        SELECT u.run, u.index, u.name, u.reference + make_interval(secs => u.seconds)
        FROM (
            SELECT c.id AS run, e.place::int - 1 AS index, e.entry ->> 'name' AS name,
                (e.entry ->> 'interval')::float8 AS seconds,
                CASE e.entry ->> 'reference'
                    WHEN 'queued_at' THEN c.queued_at
                    WHEN 'logical_date' THEN c.logical_date
                    WHEN 'fixed' THEN (e.entry ->> 'at')::timestamptz
                    WHEN 'average_runtime' THEN c.queued_at + (
                        SELECT avg(p.ended_at - p.started_at) FROM (
                            SELECT r.started_at, r.ended_at FROM dag_run r
                            WHERE r.dag_id = c.dag_id AND r.started_at IS NOT NULL AND r.ended_at IS NOT NULL
                            ORDER BY r.id DESC LIMIT (e.entry ->> 'maxRuns')::int) p
                        HAVING count(*) >= (e.entry ->> 'minRuns')::int)
                END AS reference
            FROM created c JOIN dag_version v ON v.id = c.version_id
            CROSS JOIN LATERAL jsonb_array_elements(v.deadlines) WITH ORDINALITY AS e (entry, place)
        ) u
        WHERE u.reference IS NOT NULL
        """
}

extension DeadlineRecord {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            run: try row["run", as: Int64.self], index: try row.int("index"), name: try row["name", as: String?.self],
            at: try row.instant("deadline_at"), state: try row.value("state"), createdAt: try row.instant("queued_at"),
            callback: try row["callback", as: Int64?.self])
    }
}
