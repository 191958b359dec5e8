/// One row of a result. Reading a column as a type that it does not have throws a `PostgresError.decoding` that names
/// the column and both types.
package struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    /// Reads a column by its position, from 0.
    package subscript<Value: PostgresReadable>(_ column: Int, as type: Value.Type = Value.self) -> Value {
        get throws {
            guard result.columns.indices.contains(column) else {
                throw PostgresError.unexpectedRows(
                    "column \(column) was asked for; the result has \(result.columns.count) columns")
            }
            do throws(PostgresCell.Mismatch) {
                let value = try Value(result.cell(row: index, column: column))
                return value
            } catch {
                throw PostgresError.decoding(
                    column: result.columns[column], expected: error.expected, found: error.found)
            }
        }
    }

    /// Reads a column by its name.
    package subscript<Value: PostgresReadable>(_ column: String, as type: Value.Type = Value.self) -> Value {
        get throws {
            guard let position = result.columns.firstIndex(of: column) else {
                throw PostgresError.unexpectedRows(
                    "the result has no column \(column), but \(result.columns.joined(separator: ", "))")
            }
            return try self[position, as: type]
        }
    }

    /// Reads the first columns by position: `row.decode((Int64, String?).self)`.
    package func decode<each Value: PostgresReadable>(_ type: (repeat each Value).Type) throws -> (repeat each Value) {
        var column = -1
        func next<Next: PostgresReadable>(_ type: Next.Type) throws -> Next {
            column += 1
            return try self[column, as: type]
        }
        return (repeat try next((each Value).self))
    }
}
