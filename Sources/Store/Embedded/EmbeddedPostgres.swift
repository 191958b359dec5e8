internal import Glibc
package import Logging
internal import Synchronization

/// The private PostgreSQL of `dagctl standalone`: made on first use, reached by a socket that is its owner's alone, and
/// gone with us.
///
/// It runs the system's own `initdb` and `postgres`. Should this process be killed, the kernel tells the server to shut
/// down; should something of it be left all the same, the next start stops it and takes over. Should the server die, it is
/// started again.
///
/// ```swift
/// let postgres = try await EmbeddedPostgres.start(.init(dataFolder: "/var/lib/slipstream"), logger: logger)
/// connect(postgres.connectionString)
/// await postgres.stop()
/// ```
package final class EmbeddedPostgres: Sendable {
    /// Where the server lives and where its programs are.
    package struct Configuration: Sendable {
        /// The folder of `dagctl standalone`; the server lives in its subfolder `postgres`.
        package var dataFolder: String
        /// The folder of `initdb` and `postgres`. Defaults to the newest found where packages put them and in the PATH.
        package var binaries: String?
        /// The PATH to search.
        package var path: String?
        /// For the socket when the data folder's path is too long, as in `$XDG_RUNTIME_DIR`. Defaults to `/tmp`.
        package var runtimeFolder: String?

        package init(
            dataFolder: String, binaries: String? = nil, path: String? = nil, runtimeFolder: String? = nil
        ) {
            self.dataFolder = dataFolder
            self.binaries = binaries
            self.path = path
            self.runtimeFolder = runtimeFolder
        }
    }

    /// How to connect: keywords and values as libpq reads them.
    package let connectionString: String
    /// The folder of the socket, as a client sees it.
    package let socketFolder: String
    /// The major version of the server.
    package let version: Int
    /// Whether a server that an earlier, killed dagctl left behind was stopped first.
    package let tookOver: Bool

    private let server: PostgresServer

    private init(_ server: PostgresServer, tookOver: Bool) {
        self.server = server
        self.tookOver = tookOver
        socketFolder = server.socket.folder
        version = server.binaries.version
        let host = server.socket.folder.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        connectionString =
            "host='\(host)' port=\(PostgresSettings.port) "
            + "dbname=\(PostgresSettings.database) user=\(PostgresSettings.superuser)"
    }

    /// Starts the server, making its cluster first where there is none, and waits until it accepts connections.
    /// - Throws: ``EmbeddedPostgresError``.
    package static func start(
        _ configuration: Configuration, logger: Logger
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgres {
        let started: Result<EmbeddedPostgres, EmbeddedPostgresError> = await withCheckedContinuation { continuation in
            let answer = Once { continuation.resume(returning: $0) }
            do {
                try DedicatedThread.start { runServer(configuration, logger, answer) }
            } catch {
                answer.give(.failure(.failed(what: "a thread", reason: "\(error)", log: configuration.dataFolder)))
            }
        }
        return try started.get()
    }

    /// The life of the server. The thread has to live as long as the server does: its end is what the kernel tells it.
    private static func runServer(
        _ configuration: Configuration, _ logger: Logger,
        _ answer: Once<Result<EmbeddedPostgres, EmbeddedPostgresError>>
    ) {
        do {
            let server = try PostgresServer(configuration, logger)
            defer { server.close() }
            let tookOver = try server.prepare()
            try server.launch()
            answer.give(.success(EmbeddedPostgres(server, tookOver: tookOver)))
            server.keepRunning()
        } catch {
            answer.give(.failure(error))
        }
    }

    /// The process id of the server; `nil` while there is none.
    package var processID: Int32? { server.process }

    /// Shuts the server down, at the latest after 20 seconds, and waits for its end.
    package func stop() async {
        server.requestStop()
        let ended = Task { await server.waitUntilClosed() }
        let escalation = Task {
            for signal in [SIGQUIT, SIGKILL] {
                try await Task.sleep(for: .seconds(10))
                server.signal(signal)
            }
        }
        await ended.value
        escalation.cancel()
    }

    /// Waits until ``stop()`` has ended the server.
    package func waitUntilStopped() async { await server.waitUntilClosed() }
}

/// Gives an answer once; later ones are lost.
private final class Once<Value: Sendable>: Sendable {
    private let body: Mutex<(@Sendable (Value) -> Void)?>
    init(_ body: @escaping @Sendable (Value) -> Void) { self.body = Mutex(body) }

    func give(_ value: Value) {
        let body = body.withLock { body in
            defer { body = nil }
            return body
        }
        body?(value)
    }
}
