import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct TransactionTests {
    @Test func `a pipeline is one transaction and a failing statement rolls all of it back`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (id bigint PRIMARY KEY)")
            let results = try await connection.pipeline([
                "INSERT INTO item VALUES (\(1)), (\(2))", "SELECT count(*) FROM item",
                "DELETE FROM item WHERE id = \(2)",
            ])
            #expect(results.map(\.affected) == [2, 1, 1])
            #expect(try results[1].one()[0, as: Int.self] == 2)
            let error = await #expect(throws: PostgresError.self) {
                try await connection.pipeline([
                    "INSERT INTO item VALUES (\(3))", "INSERT INTO item VALUES (\(1))",
                    "INSERT INTO item VALUES (\(4))",
                ])
            }
            #expect(error?.isUniqueViolation == true)
            #expect(try await connection.query("SELECT id FROM item").column(as: Int.self) == [1])
        }
    }

    @Test func `a pipeline that fails at its commit throws`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.pipeline(["INSERT INTO item VALUES (1)", "INSERT INTO item VALUES (1)"])
            }
            #expect(error?.isUniqueViolation == true)
            #expect(try await connection.query("SELECT count(*) FROM item").one()[0, as: Int.self] == 0)
        }
    }

    @Test func `a statement that does not parse leaves the connection usable`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            for _ in 0..<2 {
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.pipeline(["SELECT \(1)", "SELEKT \(1)", "SELECT \("later")"])
                }
                #expect(error?.sqlState == "42601")
                #expect(try await connection.query("SELECT \("later")").one()[0, as: String.self] == "later")
            }
        }
    }

    @Test func `a transaction commits what its body did and rolls back what threw`() async throws {
        struct Stop: Error {}
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (id bigint)")
            let count = try await connection.transaction { transaction in
                try await transaction.execute("INSERT INTO item VALUES (\(1)), (\(2))")
            }
            #expect(count == 2)
            await #expect(throws: Stop.self) {
                try await connection.transaction { transaction in
                    try await transaction.execute("DELETE FROM item")
                    throw Stop()
                }
            }
            await #expect(throws: PostgresError.transactionRolledBack) {
                try await connection.transaction { transaction in
                    try await transaction.execute("DELETE FROM item")
                    _ = try? await transaction.execute("SELECT 1 / 0")
                }
            }
            #expect(try await connection.query("SELECT count(*) FROM item").one()[0, as: Int.self] == 2)
        }
    }

    @Test func `others wait while a transaction is open`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("CREATE TABLE item (id bigint)")
            await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<20 {
                    group.addTask {
                        try await connection.transaction { transaction in
                            try await transaction.execute("INSERT INTO item VALUES (\(id))")
                            try await transaction.execute("UPDATE item SET id = id WHERE id = \(id)")
                            if id % 2 == 0 { throw CancellationError() }
                        }
                    }
                    group.addTask { _ = try await connection.query("SELECT 1") }
                }
                while let result = await group.nextResult() {
                    if case .failure(let error) = result { #expect(error is CancellationError) }
                }
            }
            #expect(try await connection.query("SELECT count(*) FROM item").one()[0, as: Int.self] == 10)
        }
    }

    @Test func `a handle that outlives its transaction is refused`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let escaped = try await connection.transaction { $0 }
            await #expect(throws: PostgresError.transactionIsOver) { try await escaped.query("SELECT 1") }
        }
    }

    @Test func `of two connections that race for a row only one wins`() async throws {
        try await DatabaseBundle.with { bundle in
            let connections = [try await bundle.connect(), try await bundle.connect()]
            try await connections[0].pipeline([
                "CREATE TABLE attempt (id bigint PRIMARY KEY, state text)",
                "INSERT INTO attempt SELECT n, 'queued' FROM generate_series(1, 200) AS n",
            ])
            let wins = try await withThrowingTaskGroup(of: Int.self) { group in
                for connection in connections {
                    group.addTask {
                        var wins = 0
                        for id in 1...200 {
                            wins += try await connection.execute(
                                "UPDATE attempt SET state = 'running' WHERE id = \(id) AND state = 'queued'")
                        }
                        return wins
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(wins == 200)
        }
    }

    @Test func `a deadlock is told apart and the loser can try again`() async throws {
        try await DatabaseBundle.with { bundle in
            let (left, right) = (try await bundle.connect(), try await bundle.connect())
            try await left.pipeline(["CREATE TABLE item (id bigint)", "INSERT INTO item VALUES (1), (2)"])
            async let first = crossing(left, lockFirst: 1, then: 2, rendezvous: bundle)
            async let second = crossing(right, lockFirst: 2, then: 1, rendezvous: bundle)
            let errors = await [first, second].compactMap(\.self)
            #expect(errors.count == 1)
            #expect(errors.first?.isSerializationOrDeadlock == true)
        }
    }

    /// Locks two rows, the second when both connections hold their first.
    private func crossing(
        _ connection: PostgresConnection, lockFirst first: Int, then second: Int, rendezvous: DatabaseBundle
    ) async -> PostgresError? {
        do {
            try await connection.transaction { transaction in
                try await transaction.pipeline([
                    "SET LOCAL lock_timeout = '20s'", "SET LOCAL deadlock_timeout = '50ms'",
                ])
                try await transaction.execute("UPDATE item SET id = id WHERE id = \(first)")
                // An advisory lock per side tells the other one that its row is held.
                try await transaction.query("SELECT pg_advisory_xact_lock(\(first))")
                while try await transaction.query(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = \(second)"
                ).isEmpty {}
                try await transaction.execute("UPDATE item SET id = id WHERE id = \(second)")
            }
            return nil
        } catch {
            return error as? PostgresError
        }
    }

    @Test func `a plan that a changed table made stale is prepared again`() async throws {
        try await DatabaseBundle.with { bundle in
            let (connection, other) = (try await bundle.connect(), try await bundle.connect())
            try await connection.pipeline(["CREATE TABLE item (id bigint)", "INSERT INTO item VALUES (1)"])
            #expect(try await connection.query("SELECT * FROM item").columns == ["id"])
            try await other.query("ALTER TABLE item ADD COLUMN name text DEFAULT 'x'")
            #expect(try await connection.query("SELECT * FROM item").columns == ["id", "name"])
            try await other.query("ALTER TABLE item ALTER COLUMN id TYPE int")
            let results = try await connection.pipeline(["UPDATE item SET name = \("y")", "SELECT * FROM item"])
            #expect(try results[1].one()["name", as: String.self] == "y")

            try await other.query("ALTER TABLE item DROP COLUMN name")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.transaction { try await $0.query("SELECT * FROM item") }
            }
            #expect(error?.isStalePlan == true)
            let columns = try await connection.transaction { try await $0.query("SELECT * FROM item").columns }
            #expect(columns == ["id"])
        }
    }

    @Test func `statements that the server has forgotten are prepared again`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            try await connection.query("SELECT \(1)")
            try await connection.run(SQLScript("DEALLOCATE ALL"))
            #expect(try await connection.query("SELECT \(2)").one()[0, as: Int.self] == 2)
        }
    }
}
