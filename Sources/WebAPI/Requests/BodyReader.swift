internal import DAGModel

/// Reads the members of a JSON body and collects everything that is wrong with them.
struct BodyReader {
    let members: [String: JSONValue]
    private(set) var problems: [InvalidField]

    init(_ members: [String: JSONValue], known: [String]) {
        self.members = members
        problems = members.keys.sorted().filter { !known.contains($0) }.map { name in
            InvalidField(
                ["body", name], "extra_forbidden",
                "Extra inputs are not permitted\(suggestionText(for: name, among: known))")
        }
    }

    /// Whether the member is there, be it null.
    func has(_ name: String) -> Bool { members[name] != nil }

    mutating func require(_ name: String) {
        if members[name] == nil { report(name, "missing", "Field required") }
    }

    /// Texts with a NUL are refused: PostgreSQL cannot hold them.
    mutating func text(_ name: String, longest: Int = 250) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let text)? where text.utf8.contains(0):
            report(name, "string_type", "Input should be a valid string without NUL")
        case .string(let text)? where text.unicodeScalars.count > longest:
            report(name, "string_too_long", "String should have at most \(longest) characters")
        case .string(let text)?: return text
        default: report(name, "string_type", "Input should be a valid string")
        }
        return nil
    }

    /// A list of texts; nothing for one that is missing.
    mutating func texts(_ name: String) -> [String] {
        switch members[name] {
        case nil: return []
        case .array(let elements)?:
            let texts = elements.compactMap(\.stringValue).filter { !$0.utf8.contains(0) }
            if texts.count == elements.count { return texts }
        default: break
        }
        report(name, "list_type", "Input should be a valid list of strings")
        return []
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let value = members[name] else { return nil }
        if case .bool(let value) = value { return value }
        report(name, "bool_type", "Input should be a valid boolean")
        return nil
    }

    mutating func instant(_ name: String) -> Instant? {
        guard let text = text(name) else { return nil }
        if let instant = Instant(iso8601: text) { return instant }
        report(name, "datetime_parsing", "Input should be a valid datetime, such as 2026-01-31T03:00:00Z")
        return nil
    }

    mutating func object(_ name: String) -> [String: JSONValue]? {
        switch members[name] {
        case nil, .null?: return nil
        case .object(let members)?: return members
        default:
            report(name, "dict_type", "Input should be a valid dictionary")
            return nil
        }
    }

    mutating func report(_ name: String, _ type: String, _ message: String) {
        problems.append(InvalidField(["body", name], type, message))
    }

    mutating func report(_ fields: [InvalidField]) { problems += fields }

    /// Throws everything found.
    func finish() throws(APIError) {
        if !problems.isEmpty { throw .unprocessable(problems) }
    }
}
