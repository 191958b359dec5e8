/// A value that can be a parameter.
package protocol PostgresBindable: Sendable {
    /// The OID of the type it is sent as.
    static var boundType: UInt32 { get }

    /// Appends the binary form; false means NULL.
    func encode(into buffer: inout PostgresBuffer) -> Bool
}

/// A value that can be read from a column.
package protocol PostgresReadable: Sendable {
    init(_ cell: PostgresCell) throws(PostgresCell.Mismatch)
}

/// A value that can be an element of an array, as a parameter and in a column.
package protocol PostgresArrayElement: Sendable {
    /// The OID of the array's type.
    static var arrayType: UInt32 { get }

    static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer)
    static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Self]
}

/// A single value that is bound, read and put into arrays. To make a type of one's own usable in SQL, conform to this.
package protocol PostgresScalar: PostgresBindable, PostgresReadable, PostgresArrayElement {
    /// The type it is sent as.
    static var postgresType: PostgresType { get }

    /// Appends the binary form.
    func encode(to buffer: inout PostgresBuffer)

    /// Reads the binary form; `cell.oid` tells the column's type, which may be wider or narrower.
    static func decode(_ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Self
}

extension PostgresScalar {
    package static var boundType: UInt32 { postgresType.oid }
    package static var arrayType: UInt32 { postgresType.arrayOID }

    package func encode(into buffer: inout PostgresBuffer) -> Bool {
        encode(to: &buffer)
        return true
    }

    package init(_ cell: PostgresCell) throws(PostgresCell.Mismatch) {
        guard let bytes = cell.bytes else { throw cell.mismatch(Self.self) }
        self = try Self.decode(bytes, cell)
    }
}

/// Enumerations and wrappers are stored as their raw value.
extension PostgresScalar where Self: RawRepresentable, RawValue: PostgresScalar {
    package static var postgresType: PostgresType { RawValue.postgresType }

    package func encode(to buffer: inout PostgresBuffer) { rawValue.encode(to: &buffer) }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(bytes, cell)) else { throw cell.mismatch(Self.self) }
        return value
    }
}

extension Optional: PostgresBindable where Wrapped: PostgresBindable {
    package static var boundType: UInt32 { Wrapped.boundType }

    package func encode(into buffer: inout PostgresBuffer) -> Bool { self?.encode(into: &buffer) ?? false }
}

extension Optional: PostgresReadable where Wrapped: PostgresReadable {
    package init(_ cell: PostgresCell) throws(PostgresCell.Mismatch) {
        self = cell.bytes == nil ? nil : try Wrapped(cell)
    }
}
