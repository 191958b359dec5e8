internal import DAGModel

extension SchemaProbe {
    /// The shape of an output's type, see ``DAGModel/OutputShape``; nil for a type that leaves no value.
    static func shape(of type: Any.Type) -> JSONValue? {
        (type as? any Decodable.Type).map { shape(of: $0, inside: []) }
    }

    /// - Parameter inside: The types around it: a type inside itself is told by its name.
    private static func shape(of type: any Decodable.Type, inside: Set<ObjectIdentifier>) -> JSONValue {
        let opaque = JSONValue.object(["opaque": .string(typeName(type))])
        guard !inside.contains(ObjectIdentifier(type)) else { return opaque }
        let inside = inside.union([ObjectIdentifier(type)])
        if let plain = plainSchema(of: type) { return plain }
        if let list = type as? any ProbedArray.Type {
            return .object(["type": .string("array"), "items": shape(of: list.elementType, inside: inside)])
        }
        if let table = type as? any ProbedDictionary.Type {
            let values = shape(of: table.valueType, inside: inside)
            return .object(["type": .string("object"), "additionalProperties": values])
        }
        if let optional = type as? any ProbedOptional.Type {
            return .object(["opaque": .string(typeName(type)), "of": shape(of: optional.wrappedType, inside: inside)])
        }
        let probe = probe(type)
        guard !probe.isOpaque, !probe.properties.isEmpty else { return opaque }
        let members = probe.properties.map { ($0.name, shape(of: $0.type, inside: inside)) }
        let required = Set(probe.properties.filter { !$0.isOptional }.map(\.name)).sorted()
        return .object([
            "type": .string("object"), "properties": .object(Dictionary(members) { first, _ in first }),
            "required": .array(required.map(JSONValue.string)),
        ])
    }
}
