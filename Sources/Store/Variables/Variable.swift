internal import DAGModel

/// A text that tasks read by its key. Values that are no text are kept as JSON.
package struct Variable: Hashable, Sendable {
    package var key: String
    package var value: String
    package var description: String?

    package init(key: String, value: String, description: String? = nil) {
        self.key = key
        self.value = value
        self.description = description
    }

    /// The most characters of a key.
    package static let longestKey = 250
    /// What stands in place of a value that is not shown.
    package static let mask = ConnectionExtra.mask

    /// The value as people see it: `***` when the key is one that Airflow hides, and in place of hidden members of a JSON object.
    package var maskedValue: String {
        if ConnectionExtra.isSecret(key: key) { return value.isEmpty ? value : Self.mask }
        guard let object = try? ConnectionExtra.parse(value) else { return value }
        let masked = ConnectionExtra.masked(object)
        return masked == object ? value : PythonJSON.object(masked).text()
    }
}
