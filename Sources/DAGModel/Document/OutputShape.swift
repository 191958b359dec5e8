/// Whether a value that was stored as one type can be read as another. Shapes are JSON Schemas with `required`, as DAGKit derives them from
/// Codable types; a type that it cannot look into is `{"opaque": "Name"}`.
public enum OutputShape {
    /// Tells a type and its shape from all others, accidents apart.
    public static func fingerprint(type: String, shape: JSONValue) -> String {
        DAGModel.fingerprint(of: Array("\(type) \(shape.compactJSON)".utf8))
    }

    /// What a reader misses in values of the shape `old`; nil when it can read them all.
    ///
    /// A reader may ask for less than there is, take as optional what is always there, and read whole numbers as numbers.
    public static func mismatch(reading old: JSONValue, as new: JSONValue) -> String? {
        mismatch(old, new, "", depth: 0)
    }

    private static let deepest = 64

    private static func mismatch(_ old: JSONValue, _ new: JSONValue, _ path: String, depth: Int) -> String? {
        guard old != new, depth < deepest else { return nil }
        let place = path.isEmpty ? "it" : path
        if let cases = new["enum"]?.elements {
            guard let known = old["enum"]?.elements else { return "\(place) is \(name(new)), and was \(name(old))" }
            return known.first { !cases.contains($0) }.map {
                "\(place) may be \($0.compactJSON), which is no case any more"
            }
        }
        let types = (old["type"]?.stringValue, new["type"]?.stringValue)
        switch types {
        case ("integer"?, "number"?): return nil
        case ("array"?, "array"?):
            return mismatch(old["items"] ?? .null, new["items"] ?? .null, path + "[]", depth: depth + 1)
        case ("object"?, "object"?): return objectMismatch(old, new, path, depth)
        default: return "\(place) is \(name(new)), and was \(name(old))"
        }
    }

    private static func objectMismatch(_ old: JSONValue, _ new: JSONValue, _ path: String, _ depth: Int) -> String? {
        if let values = new["additionalProperties"] {
            if let known = old["additionalProperties"] { return mismatch(known, values, path + "[]", depth: depth + 1) }
            return "\(path.isEmpty ? "it" : path) is a dictionary, and was an object"
        }
        let (before, after) = (members(old["properties"]), members(new["properties"]))
        let (had, needs) = (Set(old["required"]?.elements ?? []), Set(new["required"]?.elements ?? []))
        for (name, shape) in after.sorted(by: { $0.key < $1.key }) {
            let inner = path.isEmpty ? name : "\(path).\(name)"
            guard let known = before[name] else {
                if needs.contains(.string(name)) { return "\(inner) is missing" }
                continue
            }
            if needs.contains(.string(name)), !had.contains(.string(name)) { return "\(inner) may be missing" }
            if let found = mismatch(known, shape, inner, depth: depth + 1) { return found }
        }
        return nil
    }

    private static func members(_ value: JSONValue?) -> [String: JSONValue] {
        if case .object(let members)? = value { members } else { [:] }
    }

    private static func name(_ shape: JSONValue) -> String {
        if let opaque = shape["opaque"]?.stringValue { return opaque }
        if shape["enum"] != nil { return "an enum" }
        if shape["additionalProperties"] != nil { return "a dictionary" }
        return shape["type"]?.stringValue ?? "something else"
    }
}

extension JSONValue {
    fileprivate var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }
}

extension TaskDocument {
    /// The fingerprint of the output's type, which is stored with each value; nil for a task that leaves none.
    public var outputSchema: String? {
        outputShape.map { OutputShape.fingerprint(type: outputType, shape: $0) }
    }
}
