package import DAGModel
internal import Yams

/// Connections as `airflow connections export` writes them, sorted by id.
package struct ConnectionExport: Sendable {
    private let connections: [Connection]

    /// Prepares an export.
    /// - Parameter withSecrets: Whether passwords and secrets of `extra` are written. Defaults to no: each becomes
    ///   `***`, which an import takes for "keep what is stored".
    package init(_ connections: [Connection], withSecrets: Bool = false) {
        let sorted = connections.sorted { $0.id.unicodeScalars.lexicographicallyPrecedes($1.id.unicodeScalars) }
        self.connections = withSecrets ? sorted : sorted.map(\.masked)
    }

    /// One object per connection, extra as a JSON string, two spaces of indentation.
    package var json: String { PythonJSON.object(object).text(indent: 2) }

    /// The same as YAML, keys sorted.
    /// - Throws: ``ConnectionFileError`` where a text cannot be written as YAML.
    package func yaml() throws(ConnectionFileError) -> String {
        do {
            return try Yams.serialize(node: PythonJSON.object(object).node, width: -1, sortKeys: true)
        } catch {
            throw ConnectionFileError(
                file: "export", problems: [ConnectionProblem(connection: nil, reason: "could not be written as YAML")])
        }
    }

    /// How an `.env` file writes a connection.
    package enum EnvironmentForm: String, CaseIterable, Sendable {
        case uri, json
    }

    /// One line per connection, `ID=URI` or `ID=JSON`.
    package func environment(_ form: EnvironmentForm = .uri) -> String {
        connections.map { connection in
            let value = form == .uri ? connection.uri : PythonJSON.object(connection.exported).text()
            return "\(connection.id)=\(value)\n"
        }.joined()
    }

    private var object: PythonJSON.Object {
        connections.reduce(into: PythonJSON.Object()) { $0[$1.id] = .object($1.exported) }
    }

    /// Writes an export to a file, replacing it as a whole.
    /// - Parameter withSecrets: Whether the text has secrets: then only the owner may read the file.
    /// - Throws: ``ConnectionFileError``.
    package static func write(_ text: String, to file: String, withSecrets: Bool) throws(ConnectionFileError) {
        do {
            try RegularFile.write(Array(text.utf8), to: file, mode: withSecrets ? 0o600 : 0o644, replacing: true)
        } catch {
            let problem = ConnectionProblem(connection: nil, reason: "cannot be written: \(error)")
            throw ConnectionFileError(file: file, problems: [problem])
        }
    }
}

extension Connection {
    /// The connection with `***` in place of its password and the secret values of its extra.
    package var masked: Connection {
        var result = self
        if password != nil { result.password = ConnectionExtra.mask }
        result.extra = extra.map { text in
            guard let object = try? ConnectionExtra.parse(text) else {
                return text.isEmpty ? text : ConnectionExtra.mask
            }
            let masked = ConnectionExtra.masked(object)
            return masked == object ? text : PythonJSON.object(masked).text()
        }
        return result
    }

    /// Airflow's eight exported fields.
    fileprivate var exported: PythonJSON.Object {
        var object = PythonJSON.Object()
        object["conn_type"] = .string(type)
        object["description"] = .text(description)
        object["login"] = .text(login)
        object["password"] = .text(password)
        object["host"] = .text(host)
        object["port"] = port.map { .integer(String($0)) } ?? .null
        object["schema"] = .text(schema)
        object["extra"] = .text(extra)
        return object
    }
}

extension PythonJSON {
    fileprivate static func text(_ text: String?) -> PythonJSON { text.map(PythonJSON.string) ?? .null }

    /// What YAML writes for the values of an export, which are texts, whole numbers, objects and null.
    fileprivate var node: Node {
        switch self {
        case .null: Node.scalar(.init("null", Tag(.null)))
        case .integer(let digits): Node.scalar(.init(digits, Tag(.int)))
        case .string(let text): Self.node(text)
        case .object(let object): Node.mapping(.init(object.members.map { (Self.node($0.name), $0.value.node) }))
        case .bool, .double, .array: Self.node(text())
        }
    }

    /// A text; in quotes where YAML would take it for a number, a date or the like.
    private static func node(_ text: String) -> Node {
        let plain = YAMLReader.isText(text)
        return Node.scalar(.init(text, Tag(.str), plain ? .any : .singleQuoted))
    }
}
