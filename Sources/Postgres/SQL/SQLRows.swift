/// How the rows of a table of the database are made of values of the program: a name and a value for each column.
///
/// ```swift
/// let columns = SQLRows<Pool>([.init("name") { $0.name }, .init("slots") { Int32($0.slots) }])
/// let insert: SQL = "INSERT INTO pool (\(raw: columns.names)) SELECT * FROM \(columns.table(pools, as: "u"))"
/// ```
package struct SQLRows<Row: Sendable>: Sendable {
    package struct Column: Sendable {
        fileprivate let name: String
        fileprivate let bind: @Sendable (Row, inout PostgresParameters) -> Void
        fileprivate let bindAll: @Sendable ([Row], inout PostgresParameters) -> Void

        /// - Parameter value: Has the column's type: nothing casts it.
        package init<Value: PostgresBindable & PostgresArrayElement>(
            _ name: StaticString, _ value: @escaping @Sendable (Row) -> Value
        ) {
            self.name = name.description
            bind = { $1.append(value($0)) }
            bindAll = { $1.append($0.map(value)) }
        }
    }

    /// The most rows that are sent as `VALUES`.
    ///
    /// PostgreSQL takes half as long for one or two rows of 24 values as for 24 arrays, which it has to unpack and to store. With more rows the
    /// arrays win, and the statement's text, by which it is prepared, is the same however many there are.
    package static var mostValues: Int { 4 }

    private let columns: [Column]

    package init(_ columns: [Column]) { self.columns = columns }

    package static func + (left: SQLRows, right: SQLRows) -> SQLRows { SQLRows(left.columns + right.columns) }

    /// The columns, as `a, b`.
    package var names: RawSQL { list { $0 } }

    /// The columns of a table, as `u.a, u.b`.
    package func names(of table: StaticString) -> RawSQL { list { "\(table).\($0)" } }

    /// For the SET of an UPDATE: `a = u.a, b = u.b`.
    package func assignments(from table: StaticString) -> RawSQL { list { "\($0) = \(table).\($0)" } }

    private func list(_ text: (String) -> String) -> RawSQL {
        RawSQL(built: columns.map { text($0.name) }.joined(separator: ", "))
    }

    /// The rows as a table, for a FROM clause.
    package func table(_ rows: [Row], as name: StaticString) -> SQL {
        var parameters = PostgresParameters()
        var pieces: [String] = []
        let isFew = !rows.isEmpty && rows.count <= Self.mostValues
        if isFew {
            for (place, row) in rows.enumerated() {
                for (index, column) in columns.enumerated() {
                    pieces.append(index > 0 ? ", " : place > 0 ? "), (" : "(VALUES (")
                    column.bind(row, &parameters)
                }
            }
        } else {
            for column in columns {
                pieces.append(pieces.isEmpty ? "unnest(" : ", ")
                column.bindAll(rows, &parameters)
            }
        }
        pieces.append("\(isFew ? "))" : ")") AS \(name) (\(names.text))")
        return SQL(pieces: pieces, parameters: parameters)
    }
}
