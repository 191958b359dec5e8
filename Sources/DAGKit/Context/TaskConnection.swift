public import DAGModel

/// A connection as a task sees it, with Airflow's fields; secrets in clear.
public struct TaskConnection: Codable, Sendable, CustomStringConvertible {
    public var id: String
    public var type: String
    public var host: String?
    public var port: Int?
    public var login: String?
    public var password: String?
    public var schema: String?
    /// Further settings, by name.
    public var extra: [String: JSONValue]

    private enum CodingKeys: String, CodingKey {
        case id = "connection_id"
        case type = "conn_type"
        case host, port, login, password, schema, extra
    }

    /// The id and type only, so that a printed connection shows no secret.
    public var description: String { "connection \(id) of type \(type)" }
}
