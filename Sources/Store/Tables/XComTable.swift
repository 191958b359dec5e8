package import DAGModel
internal import Postgres

/// The output of a task with the fingerprints of the types that its values were stored as.
package struct StoredOutput: Sendable, Hashable {
    /// JSON text.
    package var value: String
    package var schemas: Set<String>
}

extension StateStore {
    /// The output of a task in a run as JSON text: the value of an unmapped task, the list of the values of a mapped one in the order of
    /// its instances. Nil when it left none. The output of an instance that was cleared stays, but is not handed out before it succeeds again.
    package func output(run: Int64, taskID: String) async throws -> String? {
        try await storedOutput(run: run, taskID: taskID)?.value
    }

    /// The same with the types of the values.
    ///
    /// - Throws: ``StoreError/outputTooLarge(_:)`` when it is more than is given at once, and what reading a large output throws.
    package func storedOutput(run: Int64, taskID: String) async throws -> StoredOutput? {
        let rows = try await pool.query(
            """
            SELECT x.map_index, x.value, x.schema, x.attempt FROM xcom x
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND \(Self.hasSucceeded)
            ORDER BY x.map_index
            """)
        guard let first = rows.first else { return nil }
        let schemas = Set(try rows.compactMap { try $0["schema", as: String?.self] })
        var values = try rows.map { try $0.text("value") }
        try await fill(&values, attempts: try rows.map { try $0["attempt", as: Int64.self] }, taskID)
        if try first.int("map_index") == -1 { return StoredOutput(value: values[0], schemas: schemas) }
        return StoredOutput(value: "[" + values.joined(separator: ",") + "]", schemas: schemas)
    }

    /// The output of one instance of a mapped task, as JSON text. Nil when it left none, or was cleared.
    package func storedOutput(run: Int64, taskID: String, mapIndex: Int) async throws -> StoredOutput? {
        guard let row = try await outputRow(run: run, taskID: taskID, mapIndex: mapIndex) else { return nil }
        return StoredOutput(value: try await text(row), schemas: try row.schemas)
    }

    /// One element of the output of a task, as JSON text. Nil when there is none.
    ///
    /// - Parameter mapIndex: Of a mapped task, the instance whose value is meant. Defaults to all, whose values are the elements.
    package func storedElement(run: Int64, taskID: String, mapIndex: Int? = nil, index: Int) async throws
        -> StoredOutput?
    {
        if let mapIndex { return try await element(index, run: run, taskID: taskID, mapIndex: mapIndex) }
        let rows = try await pool.query(
            """
            SELECT CASE WHEN x.value <> '' THEN (x.value::json -> \(Int32(index)))::text END AS value, x.schema, x.attempt, x.map_index,
                x.value = '' AS is_large
            FROM xcom x
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index = -1 AND \(Self.hasSucceeded)
            UNION ALL
            (SELECT x.value, x.schema, x.attempt, x.map_index, x.value = '' FROM xcom x
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.key = 'return_value' AND x.map_index >= 0 AND \(Self.hasSucceeded)
            ORDER BY x.map_index OFFSET \(Int64(index)) LIMIT 1)
            """)
        guard let row = rows.first else { return nil }
        var value = try row["value", as: String?.self]
        if try row["is_large", as: Bool.self] {
            let attempt = try row["attempt", as: Int64.self]
            value =
                if try row.int("map_index") == -1 {
                    try await elements(ofOutput: attempt, from: index, limit: 1).first
                        .map { String(decoding: $0, as: UTF8.self) }
                } else { try await text(ofOutput: attempt) }
        }
        return try value.map { StoredOutput(value: $0, schemas: try row.schemas) }
    }

    /// The output of one task instance, as JSON text.
    package func xcom(run: Int64, taskID: String, mapIndex: Int, key: String) async throws -> String? {
        switch try await storedXCom(run: run, taskID: taskID, mapIndex: mapIndex, key: key) {
        case .value(let text)?: text
        case .large(let stored)?: try await text(ofOutput: stored.attempt)
        case nil: nil
        }
    }

    /// The same, without the values of large outputs.
    package func storedXCom(run: Int64, taskID: String, mapIndex: Int, key: String) async throws -> StoredXCom? {
        let row = try await pool.query(
            """
            SELECT value, attempt FROM xcom
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) AND key = \(key)
            """
        ).first
        guard let row else { return nil }
        let value = try row.text("value")
        guard value.isEmpty else { return .value(value) }
        return try await largeOutput(attempt: try row["attempt", as: Int64.self]).map(StoredXCom.large)
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

/// An XCom as the API shows it.
package enum StoredXCom: Sendable, Hashable {
    /// JSON text.
    case value(String)
    case large(StoredLargeOutput)
}

extension StateStore {
    /// Of a row `x` of xcom. A subquery keeps the planner from joining all instances of a task with all values of it, as it does while it has no
    /// statistics of them.
    static let hasSucceeded: SQL = """
        (SELECT t.state FROM task_instance t WHERE t.run = x.run AND t.task_id = x.task_id AND t.map_index = x.map_index) = 'success'
        """

    func outputRow(run: Int64, taskID: String, mapIndex: Int) async throws -> PostgresRow? {
        try await pool.query(
            """
            SELECT x.value, x.schema, x.attempt FROM xcom x
            WHERE x.run = \(run) AND x.task_id = \(taskID) AND x.map_index = \(Int32(mapIndex)) AND x.key = 'return_value' AND \(Self.hasSucceeded)
            """
        ).first
    }

    /// The JSON text of a row, wherever it stands.
    private func text(_ row: PostgresRow) async throws -> String {
        let value = try row.text("value")
        return value.isEmpty ? try await text(ofOutput: try row["attempt", as: Int64.self]) : value
    }

    /// Puts large outputs where they are missing among the values of a task's instances.
    private func fill(_ values: inout [String], attempts: [Int64], _ taskID: String) async throws {
        let missing = values.indices.filter { values[$0].isEmpty }
        var size = values.reduce(0) { $0 + $1.utf8.count }
        if !missing.isEmpty {
            size += try await largeOutputs(attempts: missing.map { attempts[$0] }).reduce(0) { $0 + $1.output.size }
        }
        guard size <= LargeOutput.greatestLimit else {
            throw StoreError.outputTooLarge(LargeOutput.refusalToGive(taskID, size: size))
        }
        for index in missing { values[index] = try await text(ofOutput: attempts[index]) }
    }
}

extension PostgresRow {
    var schemas: Set<String> { get throws { Set([try self["schema", as: String?.self]].compactMap(\.self)) } }
}
