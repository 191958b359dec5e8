import DAGModel
import Foundation
import Scheduler
import Store

/// The connections and variables of tasks, from the store.
struct StoreSecrets: SecretSource {
    let store: Store
    let sealer: Sealer

    func connection(_ id: String) async throws -> [UInt8]? {
        guard let connection = try await store.connection(id, sealer) else { return nil }
        var fields: [String: JSONValue] = ["connection_id": .string(id), "conn_type": .string(connection.type)]
        fields["host"] = connection.host.map(JSONValue.string)
        fields["port"] = connection.port.map { .int(Int64($0)) }
        fields["login"] = connection.login.map(JSONValue.string)
        fields["password"] = connection.password.map(JSONValue.string)
        fields["schema"] = connection.schema.map(JSONValue.string)
        var extra = JSONReader(connection.extra ?? "{}")
        fields["extra"] = extra.read() ?? .object([:])
        return Array(JSONValue.object(fields).compactJSON.utf8)
    }

    /// Variables come with a later release; until then there are none.
    func variable(_ key: String) async throws -> [UInt8]? { nil }
}
