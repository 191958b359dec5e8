internal import CPostgres

/// The result of a statement: its rows, or how many it touched.
package struct PostgresRows: Sendable, RandomAccessCollection {
    let result: PostgresResult

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }

    package subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position), "row \(position) of \(count) was asked for")
        return PostgresRow(result: result, index: position)
    }

    /// How many rows were inserted, updated, deleted or selected.
    package var affected: Int { result.affected }

    /// What the server says it did, as `UPDATE 3`.
    package var commandTag: String { result.commandTag }

    /// The names of the columns.
    package var columns: [String] { result.columns }

    /// The only row; throws when there is none or more than one.
    package func one() throws -> PostgresRow {
        guard count == 1 else {
            throw PostgresError.unexpectedRows("one row was expected, there are \(count)")
        }
        return self[0]
    }

    /// Reads all rows as tuples, by position: `rows.decode((Int64, String?).self)`.
    package func decode<each Value: PostgresReadable>(_ type: (repeat each Value).Type) throws -> [(repeat each Value)]
    {
        try map { try $0.decode(type) }
    }

    /// Reads one column of all rows.
    package func column<Value: PostgresReadable>(_ index: Int = 0, as type: Value.Type) throws -> [Value] {
        try map { try $0[index, as: type] }
    }
}

/// A result of libpq, freed with its last reference.
final class PostgresResult: @unchecked Sendable {
    // @unchecked: a finished result never changes.
    private let pointer: OpaquePointer
    let rowCount: Int
    let columns: [String]

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columns = (0..<PQnfields(pointer)).map { PQfname(pointer, $0).map { String(cString: $0) } ?? "" }
    }

    deinit { PQclear(pointer) }

    var affected: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    func cell(row: Int, column: Int) -> PostgresCell {
        let (row, column) = (CInt(row), CInt(column))
        let oid = PQftype(pointer, column)
        guard PQgetisnull(pointer, row, column) == 0 else { return PostgresCell(bytes: nil, oid: oid) }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
        return PostgresCell(bytes: bytes, oid: oid)
    }
}
