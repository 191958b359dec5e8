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

    public init(
        id: String, type: String, host: String? = nil, port: Int? = nil, login: String? = nil, password: String? = nil,
        schema: String? = nil, extra: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.type = type
        self.host = host
        self.port = port
        self.login = login
        self.password = password
        self.schema = schema
        self.extra = extra
    }

    /// The id and type only, so that a printed connection shows no secret.
    public var description: String { "connection \(id) of type \(type)" }
}
