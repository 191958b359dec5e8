internal import DAGModel
internal import Postgres

extension Instant {
    var timestamp: Timestamp { Timestamp(microseconds: microseconds) }

    init(_ timestamp: Timestamp) { self.init(microseconds: timestamp.microseconds) }
}

extension PostgresRow {
    func instant(_ column: String) throws -> Instant { Instant(try self[column, as: Timestamp.self]) }

    func optionalInstant(_ column: String) throws -> Instant? {
        try self[column, as: Timestamp?.self].map(Instant.init)
    }

    func int(_ column: String) throws -> Int { Int(try self[column, as: Int32.self]) }

    func optionalInt(_ column: String) throws -> Int? { try self[column, as: Int32?.self].map(Int.init) }

    func text(_ column: String) throws -> String { try self[column, as: String.self] }

    /// A text that is the raw value of an enumeration.
    ///
    /// - Throws: ``StoreError/unknownValue(column:value:)`` when a newer release wrote a value that this one does not know.
    func value<Value: RawRepresentable<String>>(_ column: String, _ type: Value.Type = Value.self) throws -> Value {
        let text = try text(column)
        guard let value = Value(rawValue: text) else { throw StoreError.unknownValue(column: column, value: text) }
        return value
    }
}
