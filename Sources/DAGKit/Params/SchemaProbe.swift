internal import DAGModel

/// Learns the properties of a type by letting it decode itself from nothing: records each key it asks for and the type it expects.
final class SchemaProbe: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private(set) var properties: [(name: String, type: any Decodable.Type, isOptional: Bool)] = []
    /// The type is no object with properties.
    private(set) var isOpaque = false
    private var optionalKeys: Set<String> = []

    /// The coding keys of a type, or nothing when the type does not decode from an object.
    static func keys(of type: (some Decodable).Type) -> Set<String> { Set(probe(type).properties.map(\.name)) }

    /// The JSON Schema of a type.
    static func schema(of type: any Decodable.Type) -> JSONValue {
        if let plain = plainSchema(of: type) { return plain }
        if let list = type as? any ProbedArray.Type {
            return .object(["type": .string("array"), "items": schema(of: list.elementType)])
        }
        if let table = type as? any ProbedDictionary.Type {
            return .object(["type": .string("object"), "additionalProperties": schema(of: table.valueType)])
        }
        if let optional = type as? any ProbedOptional.Type { return schema(of: optional.wrappedType) }
        return probe(type).objectSchema
    }

    /// The schema of a scalar, or of an enum of texts; nil for any other type.
    static func plainSchema(of type: any Decodable.Type) -> JSONValue? {
        if let scalar = scalarSchema(type) { return scalar }
        return (type as? any CaseIterable.Type).flatMap(caseValues).map { .object(["enum": .array($0)]) }
    }

    static func probe(_ type: any Decodable.Type) -> SchemaProbe {
        let probe = SchemaProbe()
        // A type that refuses the empty values it is offered has told its keys up to there.
        _ = try? type.init(from: probe)
        return probe
    }

    private var objectSchema: JSONValue {
        let members = properties.map { ($0.name, Self.schema(of: $0.type)) }
        return .object([
            "type": .string("object"),
            "properties": .object(Dictionary(members, uniquingKeysWith: { first, _ in first })),
        ])
    }

    func mayBeMissing(_ key: any CodingKey) { optionalKeys.insert(key.stringValue) }

    func record(_ key: any CodingKey, _ type: any Decodable.Type, isOptional: Bool) {
        properties.append((key.stringValue, type, isOptional || optionalKeys.contains(key.stringValue)))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ProbeContainer(probe: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw noObject() }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw noObject() }

    private func noObject() -> ProbeStop {
        isOpaque = true
        return ProbeStop()
    }
}

/// Ends a probe at a value that is not an object.
struct ProbeStop: Error {}

private func scalarSchema(_ type: any Decodable.Type) -> JSONValue? {
    let name: String? =
        switch type {
        case is Bool.Type: "boolean"
        case is String.Type: "string"
        case is Double.Type, is Float.Type: "number"
        case is any FixedWidthInteger.Type: "integer"
        default: nil
        }
    return name.map { .object(["type": .string($0)]) }
}

private func caseValues(_ type: any CaseIterable.Type) -> [JSONValue]? {
    func values<Cases: CaseIterable>(_ type: Cases.Type) -> [JSONValue]? {
        let raw = type.allCases.compactMap { ($0 as? any RawRepresentable).flatMap { $0.rawValue as? String } }
        return raw.count == type.allCases.count ? raw.map(JSONValue.string) : nil
    }
    return values(type)
}

protocol ProbedArray { static var elementType: any Decodable.Type { get } }
extension Array: ProbedArray where Element: Decodable {
    static var elementType: any Decodable.Type { Element.self }
}

protocol ProbedOptional { static var wrappedType: any Decodable.Type { get } }
extension Optional: ProbedOptional where Wrapped: Decodable {
    static var wrappedType: any Decodable.Type { Wrapped.self }
}

protocol ProbedDictionary { static var valueType: any Decodable.Type { get } }
extension Dictionary: ProbedDictionary where Key == String, Value: Decodable {
    static var valueType: any Decodable.Type { Value.self }
}
