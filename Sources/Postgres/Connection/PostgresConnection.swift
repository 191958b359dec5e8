internal import CPostgres
package import Supervision

/// A connection to PostgreSQL on an event loop.
///
/// Every request is one round trip in libpq's pipeline mode: its statements are sent together, followed by one Sync, so
/// they are **one transaction**: all of them take effect, or, when one fails, none. Requests of several callers are
/// served in the order in which they came.
///
/// Statements are prepared on first use, by their text, within the same round trip. When a table changes under a
/// prepared plan, the request is prepared and sent again by itself.
///
/// A connection that breaks fails what waits for it with `PostgresError.connectionLost` and stays broken;
/// `PostgresPool` makes new ones. A connection is to be closed with `close()`.
package actor PostgresConnection {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The server's process for this connection.
    package nonisolated let backendProcess: Int32
    /// The server's version, as 150020 for 15.20.
    package nonisolated let serverVersion: Int

    var handle: LibpqHandle?
    var watcher: DescriptorWatcher?
    var lossReason = ""
    let lost: (@Sendable (PostgresError) -> Void)?

    var prepared = PreparedStatements()
    var queue: [PostgresRequest] = []
    var transactionQueue: [PostgresRequest] = []
    var inFlight: PostgresRequest?
    var owner: UInt64?
    var lastID: UInt64 = 0
    var isCancelling = false

    var listeners: [String: @Sendable (PostgresNotification) -> Void] = [:]

    /// Takes over an open connection in pipeline mode.
    init(_ handle: LibpqHandle, on loop: EventLoop, lost: (@Sendable (PostgresError) -> Void)?) {
        self.handle = handle
        self.loop = loop
        self.lost = lost
        backendProcess = PQbackendPID(handle.pointer)
        serverVersion = Int(PQserverVersion(handle.pointer))
    }

    /// Whether requests can be sent.
    package var isOpen: Bool { handle != nil }

    /// Runs one statement.
    @discardableResult
    package func query(_ sql: SQL) async throws -> PostgresRows {
        guard let rows = try await submit(.pipeline([sql])).first else {
            throw PostgresError.unexpectedRows("a statement had no result")
        }
        return rows
    }

    /// Runs one statement and tells how many rows it touched.
    @discardableResult
    package func execute(_ sql: SQL) async throws -> Int { try await query(sql).affected }

    /// Runs all statements in one round trip and one transaction; a failing statement rolls all of them back and throws
    /// its error. Returns one result for each.
    @discardableResult
    package func pipeline(_ statements: [SQL]) async throws -> [PostgresRows] {
        statements.isEmpty ? [] : try await submit(.pipeline(statements))
    }

    /// Runs a script of several statements, as one transaction unless it says BEGIN and COMMIT itself.
    package func run(_ script: SQLScript) async throws { _ = try await submit(.script(script.text)) }

    /// Calls the closure on the loop for every NOTIFY on the channel, in place of an earlier closure for that channel.
    /// A connection that was lost listens no more.
    package func listen(_ channel: String, _ received: @escaping @Sendable (PostgresNotification) -> Void) async throws
    {
        listeners[channel] = received
        _ = try await submit(.pipeline(["LISTEN \(identifier: channel)"]))
    }

    /// Closes the connection; what waits for it fails.
    package func close() { end("it was closed here", tell: false) }

    /// Starts to watch the socket: notifications and the loss of an idle connection arrive unasked.
    func startWatching() throws {
        guard let handle else { return }
        let watcher = try DescriptorWatcher(handle.socket, on: loop) { [self] in socketReady($0) }
        self.watcher = watcher
        try watcher.wait(for: .readable)
    }
}
