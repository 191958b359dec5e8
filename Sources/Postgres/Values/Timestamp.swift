/// A `timestamptz`: microseconds since 1970-01-01T00:00:00Z. PostgreSQL's `infinity` is the largest value, `-infinity`
/// the smallest.
package struct Timestamp: Sendable, Hashable, Comparable, PostgresScalar {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static let infinity = Timestamp(microseconds: .max)
    package static let minusInfinity = Timestamp(microseconds: .min)

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package static var postgresType: PostgresType { .timestamptz }

    /// PostgreSQL counts from the year 2000.
    private static let epoch: Int64 = 946_684_800_000_000

    package func encode(to buffer: inout PostgresBuffer) {
        if self == .infinity || self == .minusInfinity { return buffer.append(microseconds) }
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Self.epoch)
        buffer.append(overflow ? .min : shifted)
    }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> Timestamp {
        guard cell.oid == PostgresType.timestamptz.oid || cell.oid == 1_114,
            let value = PostgresCell.integer(bytes, Int64.self)
        else { throw cell.mismatch(Self.self) }
        if value == .max || value == .min { return Timestamp(microseconds: value) }
        let (shifted, overflow) = value.addingReportingOverflow(epoch)
        return overflow ? .infinity : Timestamp(microseconds: shifted)
    }
}
