import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SQLRowsTests {
    private struct Pool: Sendable, Hashable {
        var name: String
        var slots: Int?
        var token: [UInt8]?
    }

    private let columns = SQLRows<Pool>([
        .init("name") { $0.name }, .init("slots") { $0.slots.map(Int32.init) }, .init("token") { $0.token },
    ])

    private func pools(_ count: Int) -> [Pool] {
        (0..<count).map { number in
            let token: [UInt8]? = number.isMultiple(of: 3) ? [0, UInt8(number)] : nil
            return Pool(name: "p'\(number)", slots: number.isMultiple(of: 2) ? number : nil, token: token)
        }
    }

    @Test(arguments: [0, 1, 2, 4, 5, 100])
    func `rows arrive as they were, few or many, also when columns are all null`(count: Int) async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let sent = pools(count)
            let statement: SQL = "SELECT \(raw: columns.names(of: "u")) FROM \(columns.table(sent, as: "u"))"
            let read = try await connection.query(statement).map { row in
                Pool(
                    name: try row["name", as: String.self], slots: try row["slots", as: Int?.self],
                    token: try row["token", as: [UInt8]?.self])
            }
            #expect(Set(read) == Set(sent))
            let nothing: SQL =
                "SELECT count(*) AS n FROM \(columns.table([Pool(name: "a"), Pool(name: "b")], as: "u")) WHERE slots IS NULL"
            #expect(try await connection.query(nothing).one()["n", as: Int.self] == 2)
        }
    }

    @Test func `the statement for many rows is the same however many there are`() {
        #expect(columns.table(pools(5), as: "u").text == columns.table(pools(100), as: "u").text)
        #expect(columns.table(pools(5), as: "u").text == "unnest($1, $2, $3) AS u (name, slots, token)")
        #expect(
            columns.table(pools(2), as: "u").text == "(VALUES ($1, $2, $3), ($4, $5, $6)) AS u (name, slots, token)")
    }

    @Test func `columns are named for INSERT, SELECT and UPDATE`() {
        let all = columns + SQLRows<Pool>([.init("note") { _ in "" }])
        let text: SQL = "\(raw: all.names); \(raw: all.names(of: "u")); \(raw: all.assignments(from: "u"))"
        #expect(
            text.text == "name, slots, token, note; u.name, u.slots, u.token, u.note; "
                + "name = u.name, slots = u.slots, token = u.token, note = u.note")
    }
}
