internal import DAGModel

/// Reads one connection of a file, and collects everything that is wrong with it.
struct ConnectionEntryReader {
    let id: String
    private(set) var problems: [ConnectionProblem] = []
    private(set) var warnings: [String] = []

    init(id: String) { self.id = id }

    /// The entry; `nil` where ``problems`` has a reason.
    mutating func read(_ value: PythonJSON) -> ConnectionEntry? {
        checkID()
        let entry = readAnyForm(value)
        return problems.isEmpty ? entry : nil
    }

    private mutating func readAnyForm(_ value: PythonJSON) -> ConnectionEntry? {
        switch value {
        case .string(let text): return readText(text)
        case .object(let object): return readObject(object)
        case .array(let values) where values.count == 1: return readAnyForm(values[0])
        case .array(let values): report("is a list of \(values.count); a list must have exactly one element")
        default: report("must be an object or a URI, is \(value.kind)")
        }
        return nil
    }

    private mutating func readText(_ text: String) -> ConnectionEntry? {
        guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return readURI(text, description: nil) }
        do {
            guard case .object(var object) = try PythonJSON(text: text, uniqueNames: true) else { return nil }
            // Airflow treats a type in a JSON text like a URI's scheme, but not one in a file's object.
            if case .string(let type)? = object["conn_type"] {
                object["conn_type"] = .string(Connection.type(ofScheme: type))
            }
            return readObject(object)
        } catch {
            report("\(error)")
            return nil
        }
    }

    private mutating func readURI(_ uri: String, description: String?) -> ConnectionEntry? {
        do {
            var connection = try Connection(id: id, uri: uri)
            guard !connection.type.isEmpty else {
                report("the URI has no type in front; write it as type://login:password@host:port/schema")
                return nil
            }
            connection.description = description
            return ConnectionEntry(
                connection: connection, password: connection.password.map { .set($0) } ?? .keep,
                extra: connection.extra.map { .set($0) } ?? .keep)
        } catch {
            report(error.description)
            return nil
        }
    }
}

// MARK: - Objects

extension ConnectionEntryReader {
    static let fields = [
        "conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "extra_dejson",
        "uri", "team_name",
    ]

    private mutating func readObject(_ object: PythonJSON.Object) -> ConnectionEntry? {
        checkFields(object)
        let description = text("description", of: object)
        if let uri = text("uri", of: object), !uri.isEmpty { return readURI(uri, description: description) }
        let type = text("conn_type", of: object)
        if type?.isEmpty != false, problems.isEmpty { report("conn_type is missing") }
        let connection = Connection(
            id: id, type: type ?? "", description: description, host: text("host", of: object),
            login: text("login", of: object), schema: text("schema", of: object), port: port(of: object))
        return ConnectionEntry(connection: connection, password: password(of: object), extra: extra(of: object))
    }

    private mutating func checkFields(_ object: PythonJSON.Object) {
        for (name, _) in object.members where !Self.fields.contains(name) {
            report(
                "unknown field \"\(PythonText.visible(name))\"; the fields are \(Self.fields.joined(separator: ", "))"
                    + suggestionText(for: name, among: Self.fields))
        }
        if object["extra"] != nil, object["extra_dejson"] != nil { report("has both extra and extra_dejson; give one") }
        if let inner = object["conn_id"], inner != .string(id) { report("conn_id must be the same as the name") }
        if object["team_name"] ?? .null != .null { warnings.append("team_name is ignored; there are no teams") }
        let own = ["conn_type", "host", "login", "password", "schema", "port", "extra", "extra_dejson"]
        let given = own.filter { object[$0]?.isEmpty == false }
        if object["uri"]?.isEmpty == false, !given.isEmpty {
            report("has both uri and \(given.joined(separator: ", ")); give the URI or the fields")
        }
    }

    private mutating func text(_ name: String, of object: PythonJSON.Object) -> String? {
        switch object[name] {
        case nil, .null?: return nil
        case .string(let text)?:
            if text.utf8.contains(0) { report("\(name) holds a NUL character, which PostgreSQL cannot store") }
            return text
        case let value?:
            report("\(name) must be a string, is \(value.kind); put it in quotes")
            return nil
        }
    }

    private mutating func password(of object: PythonJSON.Object) -> SecretUpdate<String> {
        guard object["password"] != nil else { return .keep }
        guard let text = text("password", of: object), !text.isEmpty else { return .clear }
        return .set(text)
    }

    private mutating func port(of object: PythonJSON.Object) -> Int? {
        let digits: String
        switch object["port"] {
        case nil, .null?: return nil
        case .integer(let text)?: digits = text
        case .string(let text)?: digits = text
        case let value?:
            report("port must be a number, is \(value.kind)")
            return nil
        }
        guard let port = Int(digits), (0...65535).contains(port) else {
            report("port must be a whole number from 0 to 65535")
            return nil
        }
        return port
    }

    private mutating func extra(of object: PythonJSON.Object) -> SecretUpdate<String> {
        let name = object["extra"] == nil ? "extra_dejson" : "extra"
        switch object[name] {
        case nil: return .keep
        case .null?, .string("")?: return .clear
        case .object(let value)?: return .set(PythonJSON.object(value).text())
        case .string(let text)? where name == "extra":
            do {
                _ = try ConnectionExtra.parse(text)
                return .set(text)
            } catch {
                report(error.description)
            }
        case let value?: report("\(name) must be an object, is \(value.kind)")
        }
        return .keep
    }
}

// MARK: - Ids

extension ConnectionEntryReader {
    static let longestID = 200

    private mutating func checkID() {
        let scalars = id.unicodeScalars
        if scalars.isEmpty {
            report("the connection id is empty")
        } else if scalars.count > Self.longestID {
            report("the connection id has \(scalars.count) characters; at most \(Self.longestID) are allowed")
        } else if !scalars.allSatisfy({ PythonText.isWord($0) || "#!()-.:/\\".unicodeScalars.contains($0) }) {
            report("a connection id has only letters, digits and _ # ! ( ) - . : / \\")
        } else if id.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).dropFirst().dropLast()
            .contains(where: \.isEmpty)
        {
            report("a connection id must not have two dots in a row")
        }
    }

    private mutating func report(_ reason: String) {
        problems.append(ConnectionProblem(connection: PythonText.visible(id), reason: reason))
    }
}

extension PythonJSON {
    /// What it is, in words for a message.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// What Python takes for false: Airflow treats such a field as not given.
    fileprivate var isEmpty: Bool {
        switch self {
        case .null, .bool(false), .integer("0"), .string(""): true
        case .array(let values): values.isEmpty
        case .object(let object): object.members.isEmpty
        default: false
        }
    }
}
