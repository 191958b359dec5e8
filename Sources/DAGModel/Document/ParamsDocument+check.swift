/// Something wrong with a value that a run was given.
public struct ParamProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The parameter, and the members and elements that lead to the value.
    public var path: [String]
    /// A sentence without the path.
    public var message: String

    public init(path: [String], message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { "parameter \(path.joined(separator: ".")): \(message)" }
}

extension ParamsDocument {
    /// The names of the parameters, sorted.
    public var names: [String] { properties.keys.sorted() }

    /// What a run gets: the defaults, with the given values in their place.
    public func merged(with given: [String: JSONValue]) -> [String: JSONValue] {
        defaults.merging(given) { _, new in new }
    }

    /// Everything wrong with the values given for a run: unknown names, with a suggestion, and values that the schema does not allow.
    public func problems(in given: [String: JSONValue]) -> [ParamProblem] {
        given.sorted { $0.key < $1.key }.flatMap { name, value -> [ParamProblem] in
            guard let schema = properties[name] else { return [unknown(name)] }
            // An optional parameter has no default, or null.
            if value == .null, defaults[name] ?? .null == .null { return [] }
            return value.problems(schema, path: [name])
        }
    }

    /// The value that a text stands for, as `20` or `true` on a command line: by the parameter's type, JSON for lists and objects.
    public func value(of name: String, text: String) -> Result<JSONValue, ParamProblem> {
        guard let schema = properties[name] else { return .failure(unknown(name)) }
        let type = schema["type"]?.stringValue
        if type == "string" || (type == nil && schema["enum"] != nil) { return .success(.string(text)) }
        var reader = JSONReader(text)
        guard let value = reader.read() else {
            return .failure(ParamProblem(path: [name], message: "must be \(expected(schema)), is \"\(text)\""))
        }
        return .success(value)
    }

    private var properties: [String: JSONValue] {
        guard case .object(let properties)? = schema["properties"] else { return [:] }
        return properties
    }

    private func unknown(_ name: String) -> ParamProblem {
        let known = names.isEmpty ? "the DAG has no parameters" : "the parameters are \(names.joined(separator: ", "))"
        let nearest = suggestionText(for: name, among: names)
        return ParamProblem(path: [name], message: "unknown\(nearest.isEmpty ? "; \(known)" : nearest)")
    }
}

extension JSONValue {
    fileprivate func problems(_ schema: JSONValue, path: [String]) -> [ParamProblem] {
        if case .array(let choices)? = schema["enum"] {
            return choices.contains(self) ? [] : [mismatch(schema, path)]
        }
        guard let type = schema["type"]?.stringValue else { return [] }
        switch (type, self) {
        case ("number", .int), ("number", .double), ("integer", .int), ("string", .string), ("boolean", .bool):
            return []
        case ("array", .array(let elements)):
            guard let items = schema["items"] else { return [] }
            return elements.enumerated().flatMap { $1.problems(items, path: path + ["\($0)"]) }
        case ("object", .object(let members)):
            guard case .object(let properties)? = schema["properties"] else { return [] }
            return members.sorted { $0.key < $1.key }.flatMap { name, value in
                guard let schema = properties[name] else {
                    let nearest = suggestionText(for: name, among: properties.keys)
                    return [ParamProblem(path: path + [name], message: "unknown\(nearest)")]
                }
                return value == .null ? [] : value.problems(schema, path: path + [name])
            }
        default: return [mismatch(schema, path)]
        }
    }

    private func mismatch(_ schema: JSONValue, _ path: [String]) -> ParamProblem {
        let text = compactJSON
        let shown = text.count > 60 ? "\(text.prefix(57))…" : text
        return ParamProblem(path: path, message: "must be \(expected(schema)), is the \(typeName) \(shown)")
    }
}

private func expected(_ schema: JSONValue) -> String {
    if case .array(let choices)? = schema["enum"] {
        return "one of \(choices.map(\.compactJSON).joined(separator: ", "))"
    }
    switch schema["type"]?.stringValue {
    case "integer": return "a whole number"
    case "number": return "a number"
    case "boolean": return "true or false"
    case "string": return "a text"
    case "array": return "a list, as JSON"
    default: return "an object, as JSON"
    }
}
