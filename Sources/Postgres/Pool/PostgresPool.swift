package import Supervision

/// A few connections to one database, shared by many callers.
///
/// Connections are opened when they are first needed. While the database is away, callers wait, each at most
/// `acquireTimeout`, and the pool tries again with growing pauses. Callers are served in the order in which they came.
package actor PostgresPool {
    /// Whether the database can be reached, as far as the pool knows.
    package enum Availability: Sendable {
        /// No connection was tried yet, or the last attempt succeeded.
        case present
        /// The last attempt failed. `since` is the first failure of the row.
        case away(since: ContinuousClock.Instant, reason: String)
    }

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package let configuration: PostgresConfiguration
    /// The most connections at a time.
    package let size: Int
    /// How long a caller waits for a connection.
    package let acquireTimeout: Duration
    package private(set) var availability = Availability.present

    private let changed: (@Sendable (Availability) -> Void)?
    private var idle: [PostgresConnection] = []
    private var lent = 0
    private var connecting = 0
    private var waiters: [Waiter] = []
    private var lastWaiter: UInt64 = 0
    private var pause = Duration.zero
    private var retry: Timer?
    private var isClosed = false

    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)

    /// A pool that has not connected yet.
    /// - Parameters:
    ///   - acquireTimeout: Defaults to 10 s.
    ///   - changed: Called on the loop when the database goes away and when it is back.
    package init(
        _ configuration: PostgresConfiguration, size: Int, acquireTimeout: Duration = .seconds(10), on loop: EventLoop,
        changed: (@Sendable (Availability) -> Void)? = nil
    ) {
        self.configuration = configuration
        self.size = max(1, size)
        self.acquireTimeout = acquireTimeout
        self.loop = loop
        self.changed = changed
    }

    /// Lends a connection to the body. One that breaks meanwhile is replaced.
    nonisolated package func withConnection<Result>(
        _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Closes idle connections at once and lent ones when they come back; callers that wait fail.
    package func close() async {
        isClosed = true
        retry?.cancel()
        for waiter in waiters { waiter.continuation.resume(throwing: PostgresError.poolTimeout("the pool was closed")) }
        waiters = []
        let open = idle
        idle = []
        for connection in open { await connection.close() }
    }
}

extension PostgresPool {
    /// Runs one statement on any connection.
    @discardableResult
    nonisolated package func query(_ sql: SQL) async throws -> PostgresRows {
        try await withConnection { try await $0.query(sql) }
    }

    /// Runs one statement on any connection and tells how many rows it touched.
    @discardableResult
    nonisolated package func execute(_ sql: SQL) async throws -> Int { try await query(sql).affected }

    /// Runs all statements as one transaction in one round trip; see `PostgresConnection.pipeline`.
    @discardableResult
    nonisolated package func pipeline(_ statements: [SQL]) async throws -> [PostgresRows] {
        try await withConnection { try await $0.pipeline(statements) }
    }

    /// Runs the body in a transaction; see `PostgresConnection.transaction`.
    nonisolated package func transaction<Result>(
        _ isolation: PostgresIsolation = .readCommitted,
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await withConnection { try await $0.transaction(isolation, body) }
    }
}

// MARK: - Lending

extension PostgresPool {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<PostgresConnection, any Error>
        let timer: Timer
    }

    private func acquire() async throws -> PostgresConnection {
        lastWaiter += 1
        let id = lastWaiter
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !isClosed else {
                    return continuation.resume(throwing: PostgresError.poolTimeout("the pool was closed"))
                }
                // Cancelled before it waits: nobody would tell it.
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                let timer = loop.schedule(after: acquireTimeout) { self.fail(id, self.timeoutError) }
                waiters.append(Waiter(id: id, continuation: continuation, timer: timer))
                serve()
            }
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.fail(id, CancellationError()) } }
        }
    }

    private func release(_ connection: PostgresConnection) async {
        if isClosed { await connection.close() }
        let isOpen = await connection.isOpen
        // In one step: a connection that is neither lent nor idle would be replaced.
        lent -= 1
        if isOpen { idle.append(connection) }
        serve()
    }

    /// Gives idle connections to those who wait, and opens new ones for the rest.
    private func serve() {
        while let waiter = waiters.first, let connection = idle.popLast() {
            waiters.removeFirst()
            waiter.timer.cancel()
            lent += 1
            waiter.continuation.resume(returning: connection)
        }
        guard retry == nil, !isClosed else { return }
        let isAway = if case .away = availability { true } else { false }
        let wanted = isAway ? min(1, waiters.count) : waiters.count
        while connecting < wanted, idle.count + lent + connecting < size {
            connecting += 1
            Task { await open() }
        }
    }

    private func fail(_ id: UInt64, _ error: any Error) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        let waiter = waiters.remove(at: index)
        waiter.timer.cancel()
        waiter.continuation.resume(throwing: error)
    }

    private var timeoutError: PostgresError {
        switch availability {
        case .present:
            .poolTimeout(
                "no connection to PostgreSQL became free within \(acquireTimeout); \(lent) of \(size) are in use")
        case .away(let since, let reason):
            .poolTimeout(
                "PostgreSQL has been away for \((ContinuousClock.now - since).components.seconds) s: \(reason)")
        }
    }
}

// MARK: - Connecting

extension PostgresPool {
    private func open() async {
        do {
            let connection = try await PostgresConnection.connect(configuration, on: loop) { [weak self] error in
                self?.assumeIsolated { $0.lost(error) }
            }
            connecting -= 1
            pause = .zero
            if isClosed { return await connection.close() }
            idle.append(connection)
            if case .away = availability { become(.present) }
        } catch PostgresError.configuration(let sentence) {
            connecting -= 1
            for waiter in waiters { fail(waiter.id, PostgresError.configuration(sentence)) }
        } catch {
            connecting -= 1
            failed("\(error)")
        }
        serve()
    }

    private func failed(_ reason: String) {
        let since = if case .away(let since, _) = availability { since } else { ContinuousClock.now }
        become(.away(since: since, reason: reason))
        guard !isClosed else { return }
        pause = min(max(pause * 2, Self.firstPause), Self.longestPause)
        retry?.cancel()
        retry = loop.schedule(after: pause) {
            self.retry = nil
            self.serve()
        }
    }

    /// A connection broke; it is dropped here if it was idle, and when it comes back otherwise.
    private func lost(_ error: PostgresError) {
        idle.removeAll { connection in !connection.assumeIsolated { $0.isOpen } }
    }

    private func become(_ availability: Availability) {
        let wasAway = if case .away = self.availability { true } else { false }
        let isAway = if case .away = availability { true } else { false }
        self.availability = availability
        if wasAway != isAway { changed?(availability) }
    }
}
