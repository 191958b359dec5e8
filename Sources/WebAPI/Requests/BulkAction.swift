internal import DAGModel
internal import Store

/// A connection as a request describes it, read by the rules that connection files have.
struct ConnectionRequest {
    let entry: ConnectionEntry
    let location: [String]

    static let fields = [
        "connection_id", "conn_type", "description", "host", "login", "schema", "port", "password", "extra",
        "team_name",
    ]

    init(_ members: [String: JSONValue], at location: [String]) throws(APIError) {
        self.location = location
        guard let id = members["connection_id"]?.stringValue else {
            throw .unprocessable([InvalidField(location + ["connection_id"], "missing", "Field required, a string")])
        }
        let unknown = members.keys.sorted().filter { !Self.fields.contains($0) }
        guard unknown.isEmpty else {
            throw .unprocessable(
                unknown.map { name in
                    InvalidField(
                        location + [name], "extra_forbidden",
                        "Extra inputs are not permitted\(suggestionText(for: name, among: Self.fields))")
                })
        }
        let known = members.filter { !["connection_id", "team_name"].contains($0.key) }
        let text = JSONValue.object([id: .object(known)]).compactJSON
        do {
            let file = try ConnectionFile.parse(Array(text.utf8), format: .json, name: "request")
            guard let entry = file.entries.first else {
                throw APIError.unprocessable([InvalidField(location, "missing", "Field required")])
            }
            self.entry = entry
        } catch let error as ConnectionFileError {
            throw .unprocessable(error.problems.map { InvalidField(location, "value_error", $0.description) })
        } catch let error as APIError {
            throw error
        } catch {
            throw .unprocessable([InvalidField(location, "value_error", "cannot be read")])
        }
    }
}

/// One action of a bulk request on connections.
enum BulkAction {
    enum OnExistence: String { case fail, skip, overwrite }
    enum OnMissing: String { case fail, skip }

    case create([ConnectionRequest], onExistence: OnExistence)
    case update([ConnectionRequest], onMissing: OnMissing)
    case delete([String], onMissing: OnMissing)

    var name: String {
        switch self {
        case .create: "create"
        case .update: "update"
        case .delete: "delete"
        }
    }

    /// Changes the connections; returns those created, changed or deleted.
    func apply(to connections: inout [String: Connection]) throws(APIError) -> [Connection] {
        var done: [Connection] = []
        switch self {
        case .create(let requests, let policy):
            for request in requests {
                let id = request.entry.connection.id
                if connections[id] != nil, policy != .overwrite {
                    if policy == .skip { continue }
                    throw .conflict("The Connection with connection_id: `\(id)` already exists")
                }
                done.append(try request.store(in: &connections))
            }
        case .update(let requests, let policy):
            for request in requests {
                let id = request.entry.connection.id
                if connections[id] == nil {
                    if policy == .skip { continue }
                    throw .noConnection(id, known: Array(connections.keys))
                }
                done.append(try request.store(in: &connections))
            }
        case .delete(let ids, let policy):
            for id in ids {
                if let gone = connections.removeValue(forKey: id) {
                    done.append(gone)
                } else if policy == .fail {
                    throw .noConnection(id, known: Array(connections.keys))
                }
            }
        }
        return done
    }
}

extension ConnectionRequest {
    fileprivate func store(in connections: inout [String: Connection]) throws(APIError) -> Connection {
        let id = entry.connection.id
        let masked = entry.unresolvedMasks(over: connections[id])
        guard masked.isEmpty else {
            throw .unprocessable(
                masked.map { path in
                    InvalidField(
                        location, "value_error",
                        "connection \"\(id)\": \(path) is \(ConnectionExtra.mask), but no value is stored for it; give the value"
                    )
                })
        }
        let merged = entry.merged(over: connections[id])
        connections[id] = merged
        return merged
    }
}

// MARK: - Reading

extension BulkAction {
    /// The actions of a body.
    static func list(_ value: JSONValue) throws(APIError) -> [BulkAction] {
        guard case .array(let values) = value else {
            throw .unprocessable([InvalidField(["body", "actions"], "list_type", "Input should be a valid list")])
        }
        var actions: [BulkAction] = []
        for (index, value) in values.enumerated() {
            actions.append(try action(value, ["body", "actions", "\(index)"]))
        }
        return actions
    }

    private static func action(_ value: JSONValue, _ location: [String]) throws(APIError) -> BulkAction {
        guard case .array(let entities)? = value["entities"] else {
            throw .unprocessable([InvalidField(location + ["entities"], "list_type", "Input should be a valid list")])
        }
        switch value["action"]?.stringValue {
        case "create":
            let requests = try requests(entities, location)
            return .create(requests, onExistence: try policy(value, "action_on_existence", location) ?? .fail)
        case "update":
            let requests = try requests(entities, location)
            return .update(requests, onMissing: try policy(value, "action_on_non_existence", location) ?? .fail)
        case "delete":
            let ids = entities.compactMap { $0.stringValue ?? $0["connection_id"]?.stringValue }
            guard ids.count == entities.count else {
                throw .unprocessable([
                    InvalidField(location + ["entities"], "string_type", "Input should be connection ids")
                ])
            }
            return .delete(ids, onMissing: try policy(value, "action_on_non_existence", location) ?? .fail)
        default:
            throw .unprocessable([
                InvalidField(location + ["action"], "enum", "Input should be 'create', 'update' or 'delete'")
            ])
        }
    }

    private static func requests(_ entities: [JSONValue], _ location: [String]) throws(APIError) -> [ConnectionRequest]
    {
        var requests: [ConnectionRequest] = []
        for (index, entity) in entities.enumerated() {
            let place = location + ["entities", "\(index)"]
            guard case .object(let members) = entity else {
                throw .unprocessable([InvalidField(place, "model_type", "Input should be an object")])
            }
            requests.append(try ConnectionRequest(members, at: place))
        }
        return requests
    }

    static func policy<Policy: RawRepresentable<String>>(
        _ value: JSONValue, _ name: String, _ location: [String]
    ) throws(APIError) -> Policy? {
        guard let text = value[name]?.stringValue else { return nil }
        if let policy = Policy(rawValue: text) { return policy }
        throw .unprocessable([InvalidField(location + [name], "enum", "'\(text)' is no policy for existing entities")])
    }
}
