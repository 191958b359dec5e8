import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct QueryTests {
    @Test func `values of every type come back as they went`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let uuid = PostgresUUID.random()
            let row = try await connection.query(
                """
                SELECT \(true) AS yes, \(Int16(-2)) AS small, \(Int32(-3)) AS medium, \(Int64.min) AS large,
                    \(4) AS int,
                    \(1.5) AS double, \("Grüße, $1 '; --") AS text, \([UInt8](0...255)) AS bytes, \(uuid) AS uuid,
                    \(Timestamp(microseconds: -1)) AS before, \(Timestamp.infinity) AS never,
                    \(JSONText(#"{"a": [1, null]}"#)) AS json, \(String?.none) AS nothing, \(Int?(5)) AS something
                """
            ).one()
            #expect(try row["yes", as: Bool.self])
            #expect(try row["small", as: Int16.self] == -2)
            #expect(try row["medium", as: Int32.self] == -3)
            #expect(try row["large", as: Int64.self] == .min)
            #expect(try row["int", as: Int.self] == 4)
            #expect(try row["double", as: Double.self] == 1.5)
            #expect(try row["text", as: String.self] == "Grüße, $1 '; --")
            #expect(try row["bytes", as: [UInt8].self] == [UInt8](0...255))
            #expect(try row["uuid", as: PostgresUUID.self] == uuid)
            #expect(try row["before", as: Timestamp.self].microseconds == -1)
            #expect(try row["never", as: Timestamp.self] == .infinity)
            #expect(try row["json", as: JSONText.self].text == #"{"a": [1, null]}"#)
            #expect(try row["nothing", as: String?.self] == nil)
            #expect(try row["something", as: Int?.self] == 5)
        }
    }

    @Test func `the server agrees on what was sent`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let uuid = try #require(PostgresUUID("f81d4fae-7dec-41d0-a765-00a0c91e6bf6"))
            let row = try await connection.query(
                """
                SELECT \(Timestamp(microseconds: 1_700_000_000_123_456)) = '2023-11-14T22:13:20.123456Z'::timestamptz,
                    \(uuid) = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'::uuid,
                    \([1, nil, 3]) = ARRAY[1, NULL, 3]::bigint[], \([String]()) = '{}'::text[],
                    \(["a,b", "\"", "{}"]) = ARRAY['a,b', '"', '{}'],
                    \([[1, 2], []] as [[UInt8]]) = ARRAY['\\x0102', '']::bytea[],
                    \("") = '', \(JSONText("{}")) = '{}'::jsonb, \("2".utf8.map { $0 }) = '2'::bytea
                """
            ).one()
            let answers = try (0..<9).map { try row[$0, as: Bool.self] }
            #expect(answers == Array(repeating: true, count: 9))
        }
    }

    @Test func `arrays of every type come back, also with NULLs and empty`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let uuids = (0..<3).map { _ in PostgresUUID.random() }
            let row = try await connection.query(
                """
                SELECT \([true, false]), \([Int16(1), 2]), \([Int32(1), 2]), \([Int64(1), 2]), \([0.5, -0.5]),
                    \(["a", nil, ""]), \(uuids), \([Timestamp(microseconds: 7)]), \([JSONText("1"), nil]), \([Int]()),
                    \([[1], [], nil] as [[UInt8]?]), \([Int]?.none)
                """
            ).one()
            #expect(try row[0, as: [Bool].self] == [true, false])
            #expect(try row[1, as: [Int16].self] == [1, 2])
            #expect(try row[2, as: [Int32].self] == [1, 2])
            #expect(try row[3, as: [Int].self] == [1, 2])
            #expect(try row[4, as: [Double].self] == [0.5, -0.5])
            #expect(try row[5, as: [String?].self] == ["a", nil, ""])
            #expect(try row[6, as: [PostgresUUID].self] == uuids)
            #expect(try row[7, as: [Timestamp].self] == [Timestamp(microseconds: 7)])
            #expect(try row[8, as: [JSONText?].self] == [JSONText("1"), nil])
            #expect(try row[9, as: [Int].self] == [])
            #expect(try row[10, as: [[UInt8]?].self] == [[1], [], nil])
            #expect(try row[11, as: [Int]?.self] == nil)
            #expect(throws: PostgresError.decoding(column: "?column?", expected: "String", found: "NULL")) {
                try row[5, as: [String].self]
            }
        }
    }

    @Test func `a column that is read as another type is named in the error`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let rows = try await connection.query("SELECT 1::bigint AS id, NULL::text AS name, 70000 AS wide")
            let row = try rows.one()
            let wrongType = #expect(throws: PostgresError.self) { try row["id", as: String.self] }
            #expect(wrongType?.description == "the column id was asked for as String, but is bigint")
            let null = #expect(throws: PostgresError.self) { try row["name", as: String.self] }
            #expect(null?.description == "the column name was asked for as String, but is NULL")
            #expect(throws: PostgresError.self) { try row["wide", as: Int16.self] }
            let missing = #expect(throws: PostgresError.self) { try row["nmae", as: String.self] }
            #expect(
                missing?.description
                    == "PostgreSQL's answer is not the expected one: the result has no column nmae, but id, name, wide")
            #expect(throws: PostgresError.self) { try row[3, as: String.self] }
            let (id, name, wide) = try row.decode((Int64, String?, Int32).self)
            #expect(id == 1 && name == nil && wide == 70_000)
        }
    }

    @Test func `fragments join a statement with their values`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let condition: SQL = "n > \(3) AND n <> \(7)"
            let columns = RawSQL("n")
            let sql: SQL =
                "SELECT \(raw: columns) FROM generate_series(\(1), \(10)) n WHERE \(condition) AND n < \(9) ORDER BY n"
            #expect(
                sql.text == "SELECT n FROM generate_series($1, $2) n WHERE n > $3 AND n <> $4 AND n < $5 ORDER BY n")
            #expect(try await connection.query(sql).column(as: Int.self) == [4, 5, 6, 8])
            #expect(try await connection.query("SELECT 1 AS \(identifier: "a\"b")").columns == ["a\"b"])
        }
    }

    @Test func `a group write of 100,000 rows takes one statement`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (id bigint PRIMARY KEY, name text, at timestamptz)")
            let ids = Array(0..<100_000)
            let names = ids.map { $0 % 3 == 0 ? nil : "name \($0)" }
            let times = ids.map { Timestamp(microseconds: Int64($0)) }
            let count = try await connection.execute(
                "INSERT INTO item SELECT * FROM unnest(\(ids), \(names), \(times))")
            #expect(count == 100_000)
            let rows = try await connection.query("SELECT id, name, at FROM item ORDER BY id")
            let read = try rows.decode((Int, String?, Timestamp).self)
            #expect(read.map(\.0) == ids)
            #expect(read.map(\.1) == names)
            #expect(read.map(\.2) == times)
        }
    }

    @Test func `errors tell the statement, never its values`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (name text CONSTRAINT item_key UNIQUE)")
            try await connection.execute("INSERT INTO item VALUES (\("secret"))")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute("INSERT INTO item\n VALUES (\("secret"))")
            }
            #expect(error?.isUniqueViolation == true)
            #expect(
                error?.description == "PostgreSQL refused a statement: duplicate key value violates unique constraint "
                    + "\"item_key\" (23505). Statement: INSERT INTO item VALUES ($1)")
            guard case .server(let server) = error else { return }
            #expect(server.constraint == "item_key")
        }
    }

    @Test func `a script runs as a whole or not at all`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.run(SQLScript("CREATE TABLE one (id int); INSERT INTO one VALUES (1), (2);"))
            #expect(try await connection.query("SELECT * FROM one").count == 2)
            let comment = String(repeating: "-- a long file\n", count: 20)
            let script = SQLScript(embedded: Array("\(comment)CREATE TABLE two (id int);\nSELECT  wrong;\n".utf8))
            let error = await failure { try await connection.run(script) }
            #expect(error?.description.hasSuffix("Statement: line 22: SELECT wrong;") == true)
            await #expect(throws: PostgresError.self) { try await connection.query("SELECT * FROM two") }
            #expect(try await connection.query("SELECT * FROM one").count == 2)
        }
    }
}

@Test(arguments: [
    "", "f81d4fae7dec41d0a76500a0c91e6bf6", "g81d4fae-7dec-41d0-a765-00a0c91e6bf6",
    "+81d4fae-7dec-41d0-a765-00a0c91e6bf6",
])
func `what is not a UUID is refused`(text: String) { #expect(PostgresUUID(text) == nil) }

@Test func `a UUID is written as it is read`() {
    #expect(PostgresUUID("0000000a-7DEC-41d0-a765-00a0c91e6bf6")?.description == "0000000a-7dec-41d0-a765-00a0c91e6bf6")
}
