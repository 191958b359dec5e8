import Glibc
import Postgres
import Supervision
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    @Test func `a backend that is killed fails what runs and what waits, and tells`() async throws {
        let server = try await TestPostgres.start()
        try await DatabaseBundle.with(server) { bundle in
            let (losses, told) = AsyncStream.makeStream(of: PostgresError.self)
            let connection = try await PostgresConnection.connect(bundle.database.configuration, on: bundle.loop) {
                told.yield($0)
            }
            async let running = failure { try await connection.query("SELECT pg_sleep(600)") }
            async let waiting = failure { try await connection.query("SELECT 1") }
            try await bundle.waitUntilSleeping(connection.backendProcess)
            #expect(kill(connection.backendProcess, SIGKILL) == 0)
            let outcomes = await [running, waiting].map(\.?.outcome)
            #expect(Set(outcomes) == [.unknown, .notSent])
            #expect(await losses.first { _ in true }?.isConnectionLost == true)
            #expect(await !connection.isOpen)
            let late = await failure { try await connection.query("SELECT 1") }
            #expect(late?.outcome == .notSent)
        }
    }

    @Test func `an idle connection notices that it was ended`() async throws {
        try await DatabaseBundle.with { bundle in
            let (losses, told) = AsyncStream.makeStream(of: PostgresError.self)
            let idle = try await PostgresConnection.connect(bundle.database.configuration, on: bundle.loop) {
                told.yield($0)
            }
            let other = try await bundle.connect()
            try await other.query("SELECT pg_terminate_backend(\(idle.backendProcess))")
            let loss = await losses.first { _ in true }
            #expect(
                loss
                    == .connectionLost(
                        reason: "terminating connection due to administrator command", outcome: .notSent))
        }
    }

    @Test func `COPY ends the connection with a sentence instead of hanging`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let error = await failure { try await connection.query("COPY (SELECT 1) TO STDOUT") }
            #expect(error?.isConnectionLost == true)
            #expect(await !connection.isOpen)
        }
    }

    @Test func `notifications arrive with channel, payload and sender`() async throws {
        try await DatabaseBundle.with { bundle in
            let (listener, sender) = (try await bundle.connect(), try await bundle.connect())
            let (notifications, received) = AsyncStream.makeStream(of: PostgresNotification.self)
            let loop = bundle.loop
            try await listener.listen("Run Changed") {
                #expect(loop.isOnLoop)
                received.yield($0)
            }
            try await sender.query("SELECT pg_notify(\("Run Changed"), \("42"))")
            let expected = PostgresNotification(
                channel: "Run Changed", payload: "42", backendProcess: sender.backendProcess)
            #expect(await notifications.first { _ in true } == expected)
        }
    }

    @Test func `a cancelled query ends on the server and the connection goes on`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            let query = Task { try await connection.query("SELECT pg_sleep(600)") }
            let waiting = Task { try await connection.query("SELECT 1") }
            try await bundle.waitUntilSleeping(connection.backendProcess)
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            query.cancel()
            await #expect(throws: CancellationError.self) { try await query.value }
            #expect(try await connection.query("SELECT \(2)").one()[0, as: Int.self] == 2)
        }
    }

    @Test func `cancelling at any moment never harms the next query`() async throws {
        try await DatabaseBundle.with { bundle in
            let connection = try await bundle.connect()
            for round in 0..<100 {
                let cancelled = Task { try await connection.query("SELECT pg_sleep(0.0005), \(round)") }
                let pause = Task { try await bundle.loop.sleep(for: .microseconds(round * 20)) }
                try await pause.value
                cancelled.cancel()
                #expect(try await connection.query("SELECT \(round)").one()[0, as: Int.self] == round)
                _ = try? await cancelled.value
            }
        }
    }

    @Test func `a statement that takes too long is ended by the server`() async throws {
        try await DatabaseBundle.with { bundle in
            var configuration = bundle.database.configuration
            configuration.statementTimeout = .milliseconds(20)
            let connection = try await PostgresConnection.connect(configuration, on: bundle.loop)
            let error = await failure { try await connection.query("SELECT pg_sleep(600)") }
            #expect(error?.sqlState == "57014")
            #expect(await connection.isOpen)
        }
    }

    @Test func `a wrong password is refused without being shown`() async throws {
        try await DatabaseBundle.with { bundle in
            let admin = try await bundle.connect()
            try await admin.run(
                SQLScript("DO $$ BEGIN CREATE ROLE guarded LOGIN PASSWORD 'right'; EXCEPTION WHEN OTHERS THEN END $$"))
            func url(_ password: String) -> PostgresConfiguration {
                PostgresConfiguration(
                    url: "postgres://guarded:\(password)@/\(bundle.database.name)?host=\(bundle.database.server.folder)"
                )
            }
            let connection = try await PostgresConnection.connect(url("right"), on: bundle.loop)
            #expect(try await connection.query("SELECT current_user::text").one()[0, as: String.self] == "guarded")
            let error = await failure { _ = try await PostgresConnection.connect(url("wr0ng"), on: bundle.loop) }
            let description = try #require(error?.description)
            #expect(description.contains("password authentication failed for user \"guarded\""))
            #expect(!description.contains("wr0ng"))
        }
    }

    @Test(arguments: ["postgres://u:s3cret@h:port/db", "s3cret", "postgres://u:s3cret@h/db?nonsense=1"])
    func `a URL that cannot be read is refused without being shown`(url: String) async throws {
        let loop = try EventLoop(name: "url")
        let error = await failure {
            _ = try await PostgresConnection.connect(PostgresConfiguration(url: url), on: loop)
        }
        #expect(error?.description.contains("s3cret") == false)
        loop.shutdown()
    }

    @Test func `a server that is not there is an error with its address`() async throws {
        let loop = try EventLoop(name: "away")
        for url in ["host=/nowhere", "host=localhost port=1", "host=no-such-host.invalid"] {
            let error = await failure {
                _ = try await PostgresConnection.connect(PostgresConfiguration(url: url), on: loop)
            }
            #expect(error?.isUnavailable == true)
            let name = try #require(url.split(separator: " ").first?.dropFirst(5))
            let description = try #require(error?.description)
            #expect(description.contains(name))
        }
        loop.shutdown()
    }

    @Test func `a server that accepts and stays silent is given up in time`() async throws {
        let loop = try EventLoop(name: "silent")
        let folder = "/tmp/slipstream-silent-\(getpid())"
        mkdir(folder, 0o700)
        let silent = try await SilentServer(loop, folder)
        var configuration = PostgresConfiguration(url: "host=\(folder) dbname=x")
        configuration.connectTimeout = .milliseconds(50)
        let error = await failure { [configuration] in
            _ = try await PostgresConnection.connect(configuration, on: loop)
        }
        #expect(error?.isUnavailable == true)
        await silent.close()
        rmdir(folder)
        loop.shutdown()
    }
}

/// Listens where libpq looks for a server, and says nothing.
private actor SilentServer {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var listener: FrameListener?
    private var connections: [FrameConnection] = []

    init(_ loop: EventLoop, _ folder: String) async throws {
        self.loop = loop
        try await listen(folder)
    }

    private func listen(_ folder: String) async throws {
        listener = try await FrameListener.listen(on: .unix(path: folder + "/.s.PGSQL.5432"), loop: loop) {
            self.connections.append($0)
        }
    }

    func close() { listener?.close() }
}

extension DatabaseBundle {
    /// Waits until a backend is within pg_sleep.
    func waitUntilSleeping(_ backend: Int32) async throws {
        let observer = try await connect()
        while try await observer.query(
            "SELECT 1 FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'PgSleep'"
        ).isEmpty {}
        await observer.close()
    }
}

extension PostgresError {
    var outcome: Outcome? {
        if case .connectionLost(_, let outcome) = self { outcome } else { nil }
    }
}

/// The error that a body throws.
func failure(_ body: () async throws -> some Any) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}
