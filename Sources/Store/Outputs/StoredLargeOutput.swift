package import DAGModel
internal import Postgres

/// An output above 64 KiB as it is stored, without its value.
package struct StoredLargeOutput: Sendable, Hashable {
    package var attempt: Int64
    package var taskID: String
    package var mapIndex: Int
    /// Of the run; nil when it is gone.
    package var dagID: String?
    package var runID: String?
    package var output: LargeOutput
    /// Nil while it is in the database.
    package var place: OutputPlace?

    /// Where it is, for people and programs.
    package var reference: String { place?.uri ?? "postgresql:large_output/\(attempt)" }

    /// What errors call it.
    var name: String {
        let instance = mapIndex < 0 ? taskID : "\(taskID)[\(mapIndex)]"
        return "the output of task \(instance) of run \(runID ?? "?") of DAG \(dagID ?? "?") (\(reference))"
    }

    func damaged(_ what: String) -> StoreError {
        .outputDamaged("\(name) \(what); clear the task, so that it runs again")
    }

    func check(_ found: String) throws {
        guard found != output.sha256 else { return }
        throw damaged("is not what was stored: its SHA-256 is \(found), and was \(output.sha256)")
    }
}

extension StoredLargeOutput {
    static let columns: SQL = """
        l.attempt, l.task_id, l.map_index, l.size, l.sha256, l.list_length, l.uri, l.connection, r.dag_id, r.run_id
        """

    init(_ row: PostgresRow) throws {
        let uri = try row["uri", as: String?.self]
        self.init(
            attempt: try row["attempt", as: Int64.self], taskID: try row.text("task_id"),
            mapIndex: try row.int("map_index"), dagID: try row["dag_id", as: String?.self],
            runID: try row["run_id", as: String?.self],
            output: LargeOutput(
                size: Int(try row["size", as: Int64.self]), sha256: try row.text("sha256"),
                listLength: try row.optionalInt("list_length")),
            place: try uri.map { OutputPlace(uri: $0, connection: try row["connection", as: String?.self] ?? "") })
    }
}
