package import DAGModel
internal import Postgres

// What `dependsOnPast` asks of earlier runs.
extension StateStore {
    /// The run of the same DAG with the newest logical date before that of a run.
    ///
    /// - Parameter withManual: Whether runs that people triggered count.
    package func runBefore(_ run: RunRecord, withManual: Bool) async throws -> RunRecord? {
        try await pool.query(
            """
            SELECT * FROM dag_run
            WHERE dag_id = \(run.dagID) AND logical_date < \(run.logicalDate?.timestamp) AND (\(withManual) OR run_type <> 'manual')
            ORDER BY logical_date DESC LIMIT 1
            """
        ).first.map(RunRecord.init)
    }

    /// Some tasks of a run, each with every state that its instances are in.
    package func states(run: Int64, taskIDs: some Collection<String>) async throws -> [(
        taskID: String, state: TaskState
    )] {
        try await pool.query(
            """
            SELECT DISTINCT task_id, state FROM task_instance
            WHERE run = \(run) AND task_id = ANY (\(Array(taskIDs))::text[]) ORDER BY task_id, state
            """
        ).map { (try $0.text("task_id"), try $0.value("state")) }
    }

    /// Those of some tasks that have an instance in any run before a run, or had one in a run that was removed since.
    package func tasksBefore(_ run: RunRecord, among taskIDs: some Collection<String>) async throws -> Set<String> {
        let rows = try await pool.query(
            """
            SELECT u.task_id FROM unnest(\(Array(taskIDs))::text[]) AS u (task_id)
            WHERE EXISTS (
                SELECT FROM dag_run r JOIN task_instance t ON t.run = r.id
                WHERE r.dag_id = \(run.dagID) AND r.logical_date < \(run.logicalDate?.timestamp) AND t.task_id = u.task_id)
                OR EXISTS (
                    SELECT FROM past_task p
                    WHERE p.dag_id = \(run.dagID) AND p.task_id = u.task_id AND p.first_date < \(run.logicalDate?.timestamp))
            """)
        return Set(try rows.map { try $0.text("task_id") })
    }
}
