package import DAGModel
internal import Postgres

/// The output of a task with the fingerprints of the types that its values were stored as.
package struct StoredOutput: Sendable, Hashable {
    /// JSON text.
    package var value: String
    package var schemas: Set<String>
}

extension StoredOutput {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            value: try row.text("value"), schemas: Set([try row["schema", as: String?.self]].compactMap(\.self)))
    }
}

extension StateStore {
    /// The output of a task in a run as JSON text: the value of an unmapped task, the list of the values of a mapped one in the order of
    /// its instances. Nil when it left none. The output of an instance that was cleared stays, but is not handed out before it succeeds again.
    package func output(run: Int64, taskID: String) async throws -> String? {
        try await storedOutput(run: run, taskID: taskID)?.value
    }

    /// The same with the types of the values.
    package func storedOutput(run: Int64, taskID: String) async throws -> StoredOutput? {
        let rows = try await pool.query(
            """
            SELECT x.map_index, x.value, x.schema FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND t.state = 'success'
            ORDER BY x.map_index
            """)
        let values = try rows.map { (try $0.int("map_index"), try $0.text("value")) }
        guard let first = values.first else { return nil }
        let schemas = Set(try rows.compactMap { try $0["schema", as: String?.self] })
        if first.0 == -1 { return StoredOutput(value: first.1, schemas: schemas) }
        return StoredOutput(value: "[" + values.map(\.1).joined(separator: ",") + "]", schemas: schemas)
    }

    /// The output of one instance of a mapped task, as JSON text. Nil when it left none, or was cleared.
    package func storedOutput(run: Int64, taskID: String, mapIndex: Int) async throws -> StoredOutput? {
        try await pool.query(
            """
            SELECT x.value, x.schema FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index = \(Int32(mapIndex)) AND x.key = 'return_value'
                AND t.state = 'success'
            """
        ).first.map(StoredOutput.init)
    }

    /// One element of the output of a task, as JSON text. Nil when there is none.
    package func storedElement(run: Int64, taskID: String, index: Int) async throws -> StoredOutput? {
        let rows = try await pool.query(
            """
            SELECT (x.value::json -> \(Int32(index)))::text AS value, x.schema FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index = -1 AND t.state = 'success'
            UNION ALL
            (SELECT x.value, x.schema FROM xcom x JOIN task_instance t USING (run, task_id, map_index)
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index >= 0 AND t.state = 'success'
            ORDER BY x.map_index OFFSET \(Int64(index)) LIMIT 1)
            """)
        guard let row = rows.first, try row["value", as: String?.self] != nil else { return nil }
        return try StoredOutput(row)
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

    /// A type of outputs; nil when it is not known.
    package func outputSchema(_ fingerprint: String) async throws -> (type: String, shape: JSONValue)? {
        try await pool.query("SELECT type_name, shape FROM output_schema WHERE fingerprint = \(fingerprint)").first.map
        {
            var reader = JSONReader(try $0.text("shape"))
            return (try $0.text("type_name"), reader.read() ?? .null)
        }
    }
}
