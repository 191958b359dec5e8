internal import DAGModel
internal import Store

/// A variable as a request describes it. What it leaves out stays as it is.
struct VariableRequest {
    let key: String
    private let value: String?
    private let description: JSONValue?
    private let location: [String]

    static let fields = ["key", "value", "description", "team_name"]

    /// - Parameter isWhole: Whether a value must be given.
    init(_ body: JSONValue, at location: [String], isWhole: Bool = true) throws(APIError) {
        guard case .object(let members) = body else {
            throw .unprocessable([InvalidField(location, "model_type", "Input should be an object")])
        }
        var problems = members.keys.sorted().filter { !Self.fields.contains($0) }.map { name in
            InvalidField(
                location + [name], "extra_forbidden",
                "Extra inputs are not permitted\(suggestionText(for: name, among: Self.fields))")
        }
        let report = { (name: String, type: String, message: String) in
            problems.append(InvalidField(location + [name], type, message))
        }
        key = members["key"]?.stringValue ?? ""
        if members["key"]?.stringValue == nil {
            report("key", "missing", "Field required, a string")
        } else if let problem = Variable.problem(key: key) {
            report("key", "value_error", problem)
        }
        if members["value"] == nil, isWhole { report("value", "missing", "Field required") }
        // A value that is no text is stored as its JSON, as Airflow does.
        value = members["value"].map { $0.stringValue ?? $0.compactJSON }
        if value?.utf8.contains(0) == true {
            report("value", "string_type", "Input should be a valid string without NUL")
        }
        description = members["description"]
        switch description {
        case nil, .null?, .string?: break
        default: report("description", "string_type", "Input should be a valid string")
        }
        self.location = location
        guard problems.isEmpty else { throw .unprocessable(problems) }
    }

    /// The variable after this request. A value as it was shown, with its mask, keeps what is stored.
    func merged(over stored: Variable?) throws(APIError) -> Variable {
        var result = stored ?? Variable(key: key, value: "")
        if let value, value != stored?.maskedValue {
            guard value != Variable.mask else {
                throw .unprocessable([
                    InvalidField(
                        location, "value_error",
                        "variable \"\(key)\": the value is \(Variable.mask), but no value is stored for it; give the value"
                    )
                ])
            }
            result.value = value
        }
        switch description {
        case .string(let text)?: result.description = text
        case .null?: result.description = nil
        default: break
        }
        return result
    }
}

/// One action of a bulk request on variables.
enum VariableAction {
    case create([VariableRequest], BulkAction.OnExistence)
    case update([VariableRequest], BulkAction.OnMissing)
    case delete([String], BulkAction.OnMissing)

    var name: String {
        switch self {
        case .create: "create"
        case .update: "update"
        case .delete: "delete"
        }
    }

    /// Changes the variables; returns those created, changed or deleted.
    func apply(to variables: inout [String: Variable]) throws(APIError) -> [Variable] {
        var done: [Variable] = []
        switch self {
        case .create(let requests, let policy):
            for request in requests {
                if variables[request.key] != nil, policy != .overwrite {
                    if policy == .skip { continue }
                    throw .conflict("The Variable with key: `\(request.key)` already exists")
                }
                done.append(try request.store(in: &variables))
            }
        case .update(let requests, let policy):
            for request in requests {
                if variables[request.key] == nil {
                    if policy == .skip { continue }
                    throw .noVariable(request.key, known: Array(variables.keys))
                }
                done.append(try request.store(in: &variables))
            }
        case .delete(let keys, let policy):
            for key in keys {
                if let gone = variables.removeValue(forKey: key) {
                    done.append(gone)
                } else if policy == .fail {
                    throw .noVariable(key, known: Array(variables.keys))
                }
            }
        }
        return done
    }
}

extension VariableRequest {
    fileprivate func store(in variables: inout [String: Variable]) throws(APIError) -> Variable {
        let merged = try merged(over: variables[key])
        variables[key] = merged
        return merged
    }
}

extension APIError {
    static func noVariable(_ key: String, known: [String]) -> APIError {
        .notFound("The Variable with key: `\(key)` was not found\(suggestionText(for: key, among: known))")
    }
}

// MARK: - Reading

extension VariableAction {
    init(_ value: JSONValue, at location: [String]) throws(APIError) {
        guard case .array(let entities)? = value["entities"] else {
            throw .unprocessable([InvalidField(location + ["entities"], "list_type", "Input should be a valid list")])
        }
        switch value["action"]?.stringValue {
        case "create":
            self = .create(
                try Self.requests(entities, location), try Self.policy(value, "action_on_existence", location) ?? .fail)
        case "update":
            self = .update(
                try Self.requests(entities, location),
                try Self.policy(value, "action_on_non_existence", location) ?? .fail)
        case "delete":
            let keys = entities.compactMap { $0.stringValue ?? $0["key"]?.stringValue }
            guard keys.count == entities.count else {
                throw .unprocessable([InvalidField(location + ["entities"], "string_type", "Input should be keys")])
            }
            self = .delete(keys, try Self.policy(value, "action_on_non_existence", location) ?? .fail)
        default:
            throw .unprocessable([
                InvalidField(location + ["action"], "enum", "Input should be 'create', 'update' or 'delete'")
            ])
        }
    }

    private static func requests(_ entities: [JSONValue], _ location: [String]) throws(APIError) -> [VariableRequest] {
        var requests: [VariableRequest] = []
        for (index, entity) in entities.enumerated() {
            requests.append(try VariableRequest(entity, at: location + ["entities", "\(index)"]))
        }
        return requests
    }

    private static func policy<Policy: RawRepresentable<String>>(
        _ value: JSONValue, _ name: String, _ location: [String]
    ) throws(APIError) -> Policy? { try BulkAction.policy(value, name, location) }
}
