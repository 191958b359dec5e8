internal import Postgres

/// Which questions to people: a page of them, the oldest run first.
package struct InputQuery: Sendable {
    /// nil for all DAGs.
    package var dagID: String?
    /// nil for all runs.
    package var runID: String?
    package var taskID: String?
    package var mapIndex: Int?
    /// Those that have an answer, or those that wait for one; nil for both.
    package var isAnswered: Bool?

    package init(dagID: String? = nil, runID: String? = nil) {
        self.dagID = dagID
        self.runID = runID
    }
}

extension StateStore {
    /// The instances that asked people something in their last try, with their runs.
    package func inputs(_ query: InputQuery) async throws -> [(run: RunRecord, row: InstanceRecord)] {
        let rows = try await pool.query(
            """
            SELECT t.* FROM task_instance t JOIN dag_run r ON r.id = t.run
            WHERE t.wait_kind = 'person'
                AND (\(query.dagID)::text IS NULL OR r.dag_id = \(query.dagID)::text)
                AND (\(query.runID)::text IS NULL OR r.run_id = \(query.runID)::text)
                AND (\(query.taskID)::text IS NULL OR t.task_id = \(query.taskID)::text)
                AND (\(query.mapIndex.map(Int32.init))::int IS NULL OR t.map_index = \(query.mapIndex.map(Int32.init))::int)
                AND (\(query.isAnswered)::bool IS NULL OR (t.state <> 'awaiting_input') = \(query.isAnswered)::bool)
            ORDER BY t.run, t.task_id, t.map_index
            """
        ).map(InstanceRecord.init)
        var runs: [Int64: RunRecord] = [:]
        var inputs: [(RunRecord, InstanceRecord)] = []
        for row in rows {
            if runs[row.run] == nil { runs[row.run] = try await run(id: row.run) }
            if let run = runs[row.run] { inputs.append((run, row)) }
        }
        return inputs
    }
}
