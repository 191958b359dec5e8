internal import DAGModel
internal import Postgres

/// A statement of the removal of runs: what it removes, or does beside.
struct RunRemovalStatement {
    var kind: RemovedKind?
    var statement: SQL

    init(_ kind: RemovedKind? = nil, _ statement: SQL) {
        self.kind = kind
        self.statement = statement
    }
}

/// Everything that belongs to some runs, the runs last; for a dry run, statements that count it as `n`.
func removal(of runs: [Int64], _ attempts: [Int64], isDryRun: Bool) -> [RunRemovalStatement] {
    let rows = belongings(of: runs, attempts)
    if isDryRun { return rows.map { .init($0.kind, "SELECT count(*) AS n \($0.rows)") } }
    let deletions = rows.map { RunRemovalStatement($0.kind, "DELETE \($0.rows)") }
    return memories(of: runs).map { RunRemovalStatement(nil, $0) } + deletions.dropLast()
        + [RunRemovalStatement(nil, "DELETE FROM asset_event_run WHERE run = ANY (\(runs)::bigint[])")]
        + deletions.suffix(1)
}

/// The rows of each kind, each found by an index.
private func belongings(of runs: [Int64], _ attempts: [Int64]) -> [(kind: RemovedKind, rows: SQL)] {
    [
        (.logChunks, "FROM log_chunk WHERE attempt = ANY (\(attempts)::bigint[])"),
        (.reports, "FROM report WHERE attempt = ANY (\(attempts)::bigint[])"),
        (.xcoms, "FROM xcom WHERE run = ANY (\(runs)::bigint[])"),
        (.attempts, "FROM attempt WHERE run = ANY (\(runs)::bigint[])"),
        (.callbacks, "FROM callback WHERE run = ANY (\(runs)::bigint[])"),
        (.deadlines, "FROM deadline WHERE run = ANY (\(runs)::bigint[])"),
        (.taskInstances, "FROM task_instance WHERE run = ANY (\(runs)::bigint[])"),
        (.runs, "FROM dag_run WHERE id = ANY (\(runs)::bigint[])"),
    ]
}

/// What has to be known of runs when they are gone.
private func memories(of runs: [Int64]) -> [SQL] {
    [
        """
        INSERT INTO past_task (dag_id, task_id, first_date)
        SELECT r.dag_id, t.task_id, min(r.logical_date) FROM dag_run r JOIN task_instance t ON t.run = r.id
        WHERE r.id = ANY (\(runs)::bigint[]) AND r.logical_date IS NOT NULL
        GROUP BY r.dag_id, t.task_id ORDER BY r.dag_id, t.task_id
        ON CONFLICT (dag_id, task_id) DO UPDATE SET first_date = excluded.first_date
        WHERE excluded.first_date < past_task.first_date
        """,
        """
        UPDATE backfill_date d SET run = NULL, reason = \(BackfillSkip.removed.rawValue)
        FROM dag_run r
        WHERE r.id = ANY (\(runs)::bigint[]) AND d.backfill = r.backfill AND d.ordinal = r.backfill_ordinal AND d.run = r.id
        """,
    ]
}
