/// The parameters of a DAG: a JSON Schema object and the value of each parameter when a run gives none.
public struct ParamsDocument: Sendable, Hashable, Codable {
    public var schema: JSONValue
    public var defaults: [String: JSONValue]

    public init(schema: JSONValue, defaults: [String: JSONValue]) {
        self.schema = schema
        self.defaults = defaults
    }

    /// A DAG without parameters.
    public static let none = ParamsDocument(
        schema: .object(["type": .string("object"), "properties": .object([:])]), defaults: [:])
}
