internal import Postgres

extension StateStore {
    /// The output of a task in a run as JSON text: the value of an unmapped task, the list of the values of a mapped one in the order of
    /// its instances. Nil when it left none. The output of an instance that was cleared stays, but is not handed out before it succeeds again.
    package func output(run: Int64, taskID: String) async throws -> String? {
        let rows = try await pool.query(
            """
            SELECT x.map_index, x.value FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND t.state = 'success'
            ORDER BY x.map_index
            """)
        let values = try rows.map { (try $0.int("map_index"), try $0.text("value")) }
        guard let first = values.first else { return nil }
        if first.0 == -1 { return first.1 }
        return "[" + values.map(\.1).joined(separator: ",") + "]"
    }

    /// The output of one instance of a mapped task, as JSON text. Nil when it left none, or was cleared.
    package func output(run: Int64, taskID: String, mapIndex: Int) async throws -> String? {
        try await pool.query(
            """
            SELECT x.value FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index = \(Int32(mapIndex)) AND x.key = 'return_value'
                AND t.state = 'success'
            """
        ).first.map { try $0.text("value") }
    }

    /// One element of the output of a task, as JSON text. Nil when there is none.
    package func element(run: Int64, taskID: String, index: Int) async throws -> String? {
        let rows = try await pool.query(
            """
            SELECT (x.value::json -> \(Int32(index)))::text AS element FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index = -1 AND t.state = 'success'
            UNION ALL
            (SELECT x.value FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index >= 0 AND t.state = 'success'
            ORDER BY x.map_index OFFSET \(Int64(index)) LIMIT 1)
            """)
        return try rows.first.flatMap { try $0["element", as: String?.self] }
    }

    /// The output of one task instance, as JSON text.
    package func xcom(run: Int64, taskID: String, mapIndex: Int, key: String) async throws -> String? {
        try await pool.query(
            """
            SELECT value FROM xcom
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) AND key = \(key)
            """
        ).first.map { try $0.text("value") }
    }
}
