package import DAGKit
internal import DAGModel

/// Where an S3 server is and who we are there: what an Airflow connection of type `aws` says.
package struct S3Settings: Sendable {
    package enum Addressing: String, Sendable {
        case path
        case virtual
    }

    /// The connection's id, for error messages.
    package var connection: String
    /// Without a slash at the end: `https://s3.eu-west-1.amazonaws.com`.
    package var endpoint: String
    package var region: String
    package var addressing: Addressing
    package var accessKey: String
    package var secretKey: String
    package var sessionToken: String?
    /// A PEM file with the authorities to trust.
    package var authorities: String?

    package var isHTTPS: Bool { endpoint.lowercased().hasPrefix("https://") }
}

extension S3Settings {
    /// Reads a connection.
    ///
    /// - Throws: ``DAGKit/FailTask`` when it cannot be used as it stands.
    package init(_ connection: TaskConnection) throws {
        let extra = connection.extra
        guard ["aws", "s3"].contains(connection.type) else {
            throw FailTask("connection \(connection.id) has the type \(connection.type): S3 needs one of type aws")
        }
        let accessKey = connection.login.nonEmpty ?? extra["aws_access_key_id"]?.stringValue.nonEmpty
        let secretKey = connection.password.nonEmpty ?? extra["aws_secret_access_key"]?.stringValue.nonEmpty
        guard let accessKey, let secretKey else {
            throw FailTask(
                "connection \(connection.id) has no \(accessKey == nil ? "access key (login)" : "secret key (password)"): "
                    + "set both; roles and instance profiles are not used")
        }
        let region = extra["region_name"]?.stringValue.nonEmpty ?? "us-east-1"
        let service = extra["service_config"]?["s3"]?["endpoint_url"]?.stringValue.nonEmpty
        let custom = try service ?? extra["endpoint_url"]?.stringValue.nonEmpty ?? Self.legacyHost(connection)
        self.init(
            connection: connection.id, endpoint: try Self.endpoint(custom, region, connection.id), region: region,
            addressing: try Self.addressing(extra, isCustom: custom != nil, connection.id), accessKey: accessKey,
            secretKey: secretKey, sessionToken: extra["aws_session_token"]?.stringValue.nonEmpty,
            authorities: try Self.authorities(extra["verify"], connection.id))
    }

    /// Old connections give the endpoint as `host` in `extra`.
    private static func legacyHost(_ connection: TaskConnection) throws -> String? {
        connection.extra["host"]?.stringValue.nonEmpty
    }

    private static func endpoint(_ custom: String?, _ region: String, _ id: String) throws -> String {
        guard var endpoint = custom else { return "https://s3.\(region).amazonaws.com" }
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        guard let scheme = ["http://", "https://"].first(where: endpoint.lowercased().hasPrefix),
            endpoint.count > scheme.count, !endpoint.contains(where: { "?#@ ".contains($0) })
        else {
            throw FailTask(
                "connection \(id): endpoint_url is not an address such as https://minio.example.org:9000, "
                    + "without user, query or spaces")
        }
        return endpoint
    }

    private static func addressing(
        _ extra: [String: JSONValue], isCustom: Bool, _ id: String
    ) throws -> Addressing {
        let standard = isCustom ? Addressing.path : .virtual
        guard let text = extra["config_kwargs"]?["s3"]?["addressing_style"]?.stringValue, text != "auto" else {
            return standard
        }
        guard let style = Addressing(rawValue: text) else {
            throw FailTask("connection \(id): addressing_style is \"\(text)\", and may be path, virtual or auto")
        }
        return style
    }

    private static func authorities(_ verify: JSONValue?, _ id: String) throws -> String? {
        switch verify {
        case nil, .null, .bool(true), .string(""): return nil
        case .string(let text) where !["true", "false"].contains(text.lowercased()): return text
        case .string(let text) where text.lowercased() == "true": return nil
        default:
            throw FailTask(
                "connection \(id) turns the check of the server's certificate off, which is not supported: "
                    + "set verify to the path of the authority's PEM file")
        }
    }
}

extension Optional<String> {
    /// The text, or nil when it is absent or empty.
    var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
