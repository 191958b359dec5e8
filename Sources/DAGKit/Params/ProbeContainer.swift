internal import DAGModel

/// Offers an empty value for each key that a type asks for, and tells the probe.
struct ProbeContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }

    /// Asked before an optional scalar is decoded, by the standard library's own `decodeIfPresent`.
    func decodeNil(forKey key: Key) throws -> Bool {
        probe.mayBeMissing(key)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        probe.record(key, type, isOptional: false)
        return try emptyValue(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        probe.record(key, type, isOptional: true)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw ProbeStop()
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw ProbeStop() }

    func superDecoder() throws -> any Decoder { throw ProbeStop() }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeStop() }
}

private func emptyValue<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let empty: Any? =
        switch type {
        case is Bool.Type: false
        case is String.Type: ""
        case is Double.Type: 0.0
        case is Float.Type: Float(0)
        case let integer as any FixedWidthInteger.Type: zero(integer)
        case let array as any EmptyArray.Type: array.empty
        case let cases as any CaseIterable.Type: firstCase(cases)
        default: nil
        }
    if let value = empty as? Value { return value }
    return try type.init(from: SchemaProbe())
}

private func zero(_ type: any FixedWidthInteger.Type) -> Any {
    func make<Number: FixedWidthInteger>(_ type: Number.Type) -> Any { Number.zero }
    return make(type)
}

private func firstCase(_ type: any CaseIterable.Type) -> Any? {
    func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }
    return first(type)
}

private protocol EmptyArray { static var empty: Any { get } }
extension Array: EmptyArray {
    fileprivate static var empty: Any { [Element]() }
}
