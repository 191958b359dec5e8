/// A `uuid`: 16 bytes.
package struct PostgresUUID: Sendable, Hashable, PostgresScalar {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new random one (version 4).
    package static func random() -> PostgresUUID {
        PostgresUUID(
            high: UInt64.random(in: 0...UInt64.max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }

    package static var postgresType: PostgresType { .uuid }

    package func encode(to buffer: inout PostgresBuffer) {
        buffer.append(high)
        buffer.append(low)
    }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> PostgresUUID {
        guard cell.oid == PostgresType.uuid.oid, bytes.count == 16 else { throw cell.mismatch(Self.self) }
        return PostgresUUID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension PostgresUUID: CustomStringConvertible, LosslessStringConvertible {
    /// The usual form, in lower case: `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
    package var description: String {
        let digits = Array(Self.hex(high) + Self.hex(low))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    package init?(_ text: String) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            return nil
        }
        guard let high = UInt64(groups[0...2].joined(), radix: 16), let low = UInt64(groups[3...4].joined(), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
