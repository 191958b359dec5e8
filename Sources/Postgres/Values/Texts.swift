extension String: PostgresScalar {
    package static var postgresType: PostgresType { .text }

    /// PostgreSQL's text cannot hold the character NUL: the server refuses it.
    package func encode(to buffer: inout PostgresBuffer) { buffer.append(contentsOf: utf8) }

    /// Reads every type whose binary form is its text; among them enumerations, whose OIDs the database chooses.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> String {
        let builtin: Set<UInt32> = [18, 19, 25, 114, 705, 1_042, 1_043]
        guard builtin.contains(cell.oid) || cell.oid >= 16_384 else { throw cell.mismatch(Self.self) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// JSON as text: bound as `jsonb`, read from `jsonb` and `json`.
package struct JSONText: Sendable, Hashable, PostgresScalar {
    package var text: String

    package init(_ text: String) { self.text = text }

    package static var postgresType: PostgresType { .jsonb }

    /// The binary form of jsonb is a version number, 1, and the text.
    package func encode(to buffer: inout PostgresBuffer) {
        buffer.append(UInt8(1))
        buffer.append(contentsOf: text.utf8)
    }

    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell
    ) throws(PostgresCell.Mismatch) -> JSONText {
        switch cell.oid {
        case PostgresType.jsonb.oid where bytes.first == 1:
            JSONText(String(decoding: bytes.dropFirst(), as: UTF8.self))
        case 114: JSONText(String(decoding: bytes, as: UTF8.self))
        default: throw cell.mismatch(Self.self)
        }
    }
}
