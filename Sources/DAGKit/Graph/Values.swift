internal import DAGModel
internal import FoundationEssentials

/// The inputs of one attempt as JSON, taken one after the other as the body's arguments.
struct InputValues {
    private let values: [[UInt8]]
    private let channel: any TaskChannel
    private var position = 0

    init(_ values: [[UInt8]], _ context: TaskContext) {
        self.values = values
        channel = context.channel
    }

    mutating func next<Value: Decodable>(_ type: Value.Type) throws -> Value {
        defer { position += 1 }
        guard position < values.count else {
            throw FailTask("the worker gave \(values.count) inputs; argument \(position + 1) is missing")
        }
        do {
            let decoder = JSONDecoder()
            decoder.userInfo[.taskChannel] = channel
            return try decoder.decode(type, from: Data(values[position]))
        } catch {
            throw FailTask("input \(position + 1) is not a \(type): \(error)")
        }
    }
}

/// An output as JSON with sorted keys, so that equal values are equal bytes.
package func encodeOutput(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
}

/// Tasks that return ``Branch`` or ``ShortCircuit`` steer what is downstream of them.
func taskKind(of output: Any.Type) -> TaskKind {
    if output == Branch.self { return .branch }
    if output == ShortCircuit.self { return .shortCircuit }
    return .author
}
