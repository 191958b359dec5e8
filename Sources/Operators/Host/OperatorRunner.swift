internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import WorkerProtocol

/// The code behind an operator that DAGKit declares. Its fields are already rendered: every template is a plain text.
protocol OperatorRunner: BuiltInOperator {
    func run(_ context: any OperatorContext) async throws -> Value
}

extension OperatorRunner {
    /// Decodes the rendered fields, runs the operator, and gives its value as JSON; empty for an operator without a value.
    static func perform(_ fields: JSONValue, _ context: any OperatorContext) async throws -> [UInt8] {
        let ready: Self
        do {
            ready = try JSONDecoder().decode(Self.self, from: Data(fields.compactJSON.utf8))
        } catch {
            throw FailTask("the fields of this \(operatorType) task do not fit this worker's release: \(error)")
        }
        let value = try await ready.run(context)
        guard let encodable = value as? any Encodable else { return [] }
        return [UInt8](try JSONEncoder().encode(encodable))
    }
}
