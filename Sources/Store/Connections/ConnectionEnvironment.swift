package import DAGModel

/// Connections that the environment defines: `AIRFLOW_CONN_MINIO` is the connection `minio`, as URI or JSON.
package enum ConnectionEnvironment {
    package static let prefix = "AIRFLOW_CONN_"

    /// The connection of this id, or none.
    /// - Throws: ``ConnectionFileError`` where the variable's value is neither a URI nor a JSON object.
    package static func connection(
        _ id: String, in environment: [String: String]
    ) throws(ConnectionFileError) -> Connection? {
        let name = prefix + id.uppercased()
        guard let text = environment[name], !text.isEmpty else { return nil }
        return try entry(id: id, text: text, source: name).merged(over: nil)
    }

    /// Reads one connection from its URI or JSON text, as an environment variable or a command line holds it.
    /// - Parameter source: What the errors call it.
    /// - Throws: ``ConnectionFileError`` with every problem found.
    package static func entry(
        id: String, text: String, source: String
    ) throws(ConnectionFileError) -> ConnectionEntry {
        var reader = ConnectionEntryReader(id: id)
        guard let entry = reader.read(.string(text)) else {
            throw ConnectionFileError(file: source, problems: reader.problems)
        }
        return entry
    }
}
