/// One value of a result, as it came: in binary form, lent by the result.
package struct PostgresCell {
    /// Nil for NULL.
    package let bytes: UnsafeRawBufferPointer?
    /// The OID of the value's type.
    package let oid: UInt32

    /// The value is not what was asked for.
    package struct Mismatch: Error {
        let expected: String
        let found: String
    }

    package func mismatch(_ expected: Any.Type) -> Mismatch {
        Mismatch(expected: "\(expected)", found: bytes == nil ? "NULL" : PostgresType.name(of: oid))
    }

    /// Reads an integer that fills the bytes exactly.
    static func integer<Integer: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ type: Integer.Type = Integer.self
    ) -> Integer? {
        guard bytes.count == MemoryLayout<Integer>.size else { return nil }
        return Integer(bigEndian: bytes.loadUnaligned(as: Integer.self))
    }
}
