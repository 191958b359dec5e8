/// How to reach a system outside: Airflow's connection, field by field.
///
/// Every field but ``id`` and ``type`` may be missing. A missing field (`nil`) and an empty one (`""`) are different,
/// because Airflow keeps them apart in files and URIs. Printing a connection never shows its password or its ``extra``.
public struct Connection: Sendable, Hashable {
    /// The name by which tasks refer to the connection, such as `minio`.
    public var id: String
    /// What kind of system it is, such as `aws` or `postgres`. An underscore where a URI has a dash.
    public var type: String
    /// A sentence for people.
    public var description: String?
    /// The host name; with a protocol in front (`https://example.com`) where the system needs one.
    public var host: String?
    /// The user name or access key.
    public var login: String?
    /// The password or secret key.
    public var password: String?
    /// What the system calls schema, database, bucket or path.
    public var schema: String?
    /// The port, 0 to 65535.
    public var port: Int?
    /// Whatever else the system needs: the text of a JSON object, kept exactly as it was written.
    public var extra: String?

    /// Describes a connection. Every field defaults to none.
    public init(
        id: String, type: String, description: String? = nil, host: String? = nil, login: String? = nil,
        password: String? = nil, schema: String? = nil, port: Int? = nil, extra: String? = nil
    ) {
        self.id = id
        self.type = type
        self.description = description
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = port
        self.extra = extra
    }
}

extension Connection: CustomDebugStringConvertible, CustomReflectable {
    /// The id and the type: a connection in a log line tells no secret.
    public var debugDescription: String { "connection \(id) (\(type))" }

    /// No children, so that `dump` and string interpolation of an enclosing value tell no secret either.
    public var customMirror: Mirror { Mirror(self, children: ["id": id, "type": type]) }
}
