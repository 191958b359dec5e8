internal import DAGModel

/// Something wrong in a request, where, in the shape of Airflow's validation errors.
struct InvalidField: Sendable {
    /// `body`, `query` or `path`, then what leads to the field.
    let location: [String]
    /// A word for programs.
    let type: String
    /// A sentence for people.
    let message: String

    init(_ location: [String], _ type: String, _ message: String) {
        self.location = location
        self.type = type
        self.message = message
    }

    var json: JSONValue {
        .object(["loc": .array(location.map(JSONValue.string)), "type": .string(type), "msg": .string(message)])
    }
}
