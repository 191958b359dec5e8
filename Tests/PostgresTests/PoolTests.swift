import Postgres
import Supervision
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PoolTests {
    @Test func `many callers share few connections in the order in which they came`() async throws {
        try await DatabaseBundle.with { bundle in
            let pool = PostgresPool(bundle.database.configuration, size: 3, on: bundle.loop)
            let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await pool.query("SELECT pg_backend_pid()").one()[0, as: Int32.self] }
                }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect((1...3).contains(backends.count))
            await pool.close()
            await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        }
    }

    @Test func `a caller that waits too long gets a sentence`() async throws {
        try await DatabaseBundle.with { bundle in
            let pool = PostgresPool(
                bundle.database.configuration, size: 1, acquireTimeout: .milliseconds(20), on: bundle.loop)
            // To connect may take longer than that, but from here on there is a connection.
            while await failure({ try await pool.query("SELECT 1") }) != nil {}
            try await pool.withConnection { _ in
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(
                    error?.description
                        == "no connection to PostgreSQL became free within 0.02 seconds; 1 of 1 are in use")
            }
            try await pool.query("SELECT 1")
            await pool.close()
        }
    }

    @Test func `a caller that is cancelled leaves the queue`() async throws {
        try await DatabaseBundle.with { bundle in
            let pool = PostgresPool(bundle.database.configuration, size: 1, on: bundle.loop)
            try await pool.withConnection { _ in
                let waiting = Task { try await pool.query("SELECT 1") }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
            }
            try await pool.query("SELECT 1")
            await pool.close()
        }
    }

    @Test func `the pool lives through a restart of the server`() async throws {
        let server = try await TestPostgres.start()
        try await DatabaseBundle.with(server) { bundle in
            let (changes, changed) = AsyncStream.makeStream(of: Bool.self)
            let pool = PostgresPool(
                bundle.database.configuration, size: 2, acquireTimeout: .seconds(60), on: bundle.loop
            ) { availability in
                if case .away = availability { changed.yield(false) } else { changed.yield(true) }
            }
            var events = changes.makeAsyncIterator()
            try await pool.query("CREATE TABLE item (id bigint)")
            try await server.crash()
            let waiting = Task { try await pool.execute("INSERT INTO item VALUES (1)") }
            #expect(await events.next() == false)
            try await server.startAgain()
            #expect(await events.next() == true)
            #expect(try await waiting.value == 1)
            await pool.close()
        }
    }

    @Test func `settings that cannot be read fail at once`() async throws {
        let loop = try EventLoop(name: "pool")
        let pool = PostgresPool(PostgresConfiguration(url: "nonsense"), size: 1, on: loop)
        let error = await failure { try await pool.query("SELECT 1") }
        guard case .configuration = error else {
            Issue.record("expected a configuration error, got \(String(describing: error))")
            return
        }
        loop.shutdown()
    }
}
