extension Bool: PostgresScalar {
    package static var postgresType: PostgresType { .bool }

    package func encode(to buffer: inout PostgresBuffer) { buffer.append(UInt8(self ? 1 : 0)) }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> Bool {
        guard cell.oid == PostgresType.bool.oid, bytes.count == 1 else { throw cell.mismatch(Self.self) }
        return bytes[0] != 0
    }
}

/// Integers are bound with their own width and read from integer columns of any width that the value fits.
extension PostgresScalar where Self: FixedWidthInteger {
    package func encode(to buffer: inout PostgresBuffer) { buffer.append(self) }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> Self {
        let value: Int64? =
            switch cell.oid {
            case PostgresType.int8.oid: PostgresCell.integer(bytes, Int64.self)
            case PostgresType.int4.oid: PostgresCell.integer(bytes, Int32.self).map(Int64.init)
            case PostgresType.int2.oid: PostgresCell.integer(bytes, Int16.self).map(Int64.init)
            case 26: PostgresCell.integer(bytes, UInt32.self).map(Int64.init)
            default: nil
            }
        guard let value, let exact = Self(exactly: value) else { throw cell.mismatch(Self.self) }
        return exact
    }
}

extension Int16: PostgresScalar { package static var postgresType: PostgresType { .int2 } }
extension Int32: PostgresScalar { package static var postgresType: PostgresType { .int4 } }
extension Int64: PostgresScalar { package static var postgresType: PostgresType { .int8 } }
extension Int: PostgresScalar { package static var postgresType: PostgresType { .int8 } }

extension Double: PostgresScalar {
    package static var postgresType: PostgresType { .float8 }

    package func encode(to buffer: inout PostgresBuffer) { buffer.append(bitPattern) }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> Double {
        if cell.oid == PostgresType.float8.oid, let bits = PostgresCell.integer(bytes, UInt64.self) {
            return Double(bitPattern: bits)
        }
        if cell.oid == 700, let bits = PostgresCell.integer(bytes, UInt32.self) {
            return Double(Float(bitPattern: bits))
        }
        throw cell.mismatch(Self.self)
    }
}
