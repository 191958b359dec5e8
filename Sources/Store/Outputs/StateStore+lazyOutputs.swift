internal import DAGModel
internal import Postgres

// Outputs that are read bit by bit.
extension StateStore {
    /// How many elements the output of a task has; nil for what is no list.
    ///
    /// - Parameter mapIndex: Of a mapped task, the instance whose value is meant. Defaults to all, whose values are the elements.
    package func outputLength(run: Int64, taskID: String, mapIndex: Int? = nil) async throws -> Int? {
        let row = try await pool.query(
            """
            SELECT CASE WHEN x.value LIKE '[%' THEN json_array_length(x.value::json) ELSE l.list_length END AS length
            FROM xcom x
                LEFT JOIN large_output l ON x.value = '' AND l.attempt = x.attempt
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index = \(Int32(mapIndex ?? -1)) AND x.key = 'return_value' AND \(Self.hasSucceeded)
            """
        ).first
        if let row { return try row.optionalInt("length") }
        guard mapIndex == nil else { return nil }
        let count = try await pool.query(
            """
            SELECT count(*) AS n FROM xcom x
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index >= 0 AND x.key = 'return_value' AND \(Self.hasSucceeded)
            """
        ).one()["n", as: Int64.self]
        return count == 0 ? nil : Int(count)
    }

    /// Some elements of the output of a task from `index` on, as one JSON list: as many as are found at once, none at its end.
    ///
    /// - Parameter mapIndex: As for ``outputLength(run:taskID:mapIndex:)``.
    package func storedElements(run: Int64, taskID: String, mapIndex: Int? = nil, from index: Int) async throws
        -> StoredOutput
    {
        guard let row = try await outputRow(run: run, taskID: taskID, mapIndex: mapIndex ?? -1) else {
            return mapIndex == nil
                ? try await instanceValues(run: run, taskID: taskID, from: index)
                : StoredOutput(value: "[]", schemas: [])
        }
        let value = try row.text("value")
        guard value.isEmpty else {
            let bytes = Array(value.utf8)
            let elements = (JSONElements.ranges(in: bytes) ?? []).dropFirst(max(0, index)).map { Array(bytes[$0]) }
            return StoredOutput(value: Self.list(elements), schemas: try row.schemas)
        }
        let elements = try await elements(ofOutput: try row["attempt", as: Int64.self], from: index)
        return StoredOutput(value: Self.list(elements), schemas: try row.schemas)
    }

    /// One element of the value of one instance.
    func element(_ index: Int, run: Int64, taskID: String, mapIndex: Int) async throws -> StoredOutput? {
        guard let row = try await outputRow(run: run, taskID: taskID, mapIndex: mapIndex) else { return nil }
        let bytes = Array(try row.text("value").utf8)
        if bytes.isEmpty {
            let attempt = try row["attempt", as: Int64.self]
            guard let element = try await elements(ofOutput: attempt, from: index, limit: 1).first else { return nil }
            return StoredOutput(value: String(decoding: element, as: UTF8.self), schemas: try row.schemas)
        }
        guard let ranges = JSONElements.ranges(in: bytes), ranges.indices.contains(index) else { return nil }
        return StoredOutput(value: String(decoding: bytes[ranges[index]], as: UTF8.self), schemas: try row.schemas)
    }

    private static func list(_ elements: [[UInt8]]) -> String {
        "[" + elements.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") + "]"
    }

    /// The values of the instances of a mapped task: up to 1,000, and about so many bytes.
    private func instanceValues(run: Int64, taskID: String, from index: Int) async throws -> StoredOutput {
        let rows = try await pool.query(
            """
            SELECT value, schema, attempt FROM (
                SELECT x.*, sum(octet_length(x.value)) OVER (ORDER BY x.map_index) - octet_length(x.value) AS before FROM (
                    SELECT x.map_index, x.value, x.schema, x.attempt FROM xcom x
                    WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index >= 0 AND x.key = 'return_value' AND \(Self.hasSucceeded)
                    ORDER BY x.map_index OFFSET \(Int64(max(0, index))) LIMIT 1000) x) x
            WHERE before < \(Int64(Self.enough)) ORDER BY map_index
            """)
        var values: [String] = []
        var schemas: Set<String> = []
        var size = 0
        for row in rows where size < Self.enough {
            var value = try row.text("value")
            if value.isEmpty { value = try await text(ofOutput: try row["attempt", as: Int64.self]) }
            size += value.utf8.count
            values.append(value)
            schemas.formUnion(try row.schemas)
        }
        return StoredOutput(value: "[" + values.joined(separator: ",") + "]", schemas: schemas)
    }

    /// Bytes after which no further element is added to an answer.
    private static let enough = 262_144
}
