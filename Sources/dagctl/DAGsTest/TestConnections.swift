import DAGModel
import Foundation
import Store

/// The connections of a test: from a file, then from the environment.
struct TestConnections: Sendable {
    private let connections: [String: Connection]

    init(file: String?) throws {
        let entries = try file.map { try ConnectionFile.read($0).entries } ?? []
        connections = Dictionary(
            entries.map { ($0.connection.id, $0.merged(over: nil)) }, uniquingKeysWith: { first, _ in first })
    }

    /// A connection as tasks read it; nil when there is none.
    func json(_ id: String) throws -> [UInt8]? {
        let found = try connections[id] ?? ConnectionEnvironment.connection(id, in: ProcessInfo.processInfo.environment)
        return found?.taskJSON
    }
}

extension Connection {
    /// The fields as DAGKit's `TaskConnection` reads them, secrets in clear.
    var taskJSON: [UInt8] {
        var fields: [String: JSONValue] = ["connection_id": .string(id), "conn_type": .string(type)]
        fields["host"] = host.map(JSONValue.string)
        fields["port"] = port.map { .int(Int64($0)) }
        fields["login"] = login.map(JSONValue.string)
        fields["password"] = password.map(JSONValue.string)
        fields["schema"] = schema.map(JSONValue.string)
        var reader = JSONReader(extra ?? "{}")
        fields["extra"] = reader.read() ?? .object([:])
        return Array(JSONValue.object(fields).compactJSON.utf8)
    }
}
