internal import CPostgres
package import Supervision

/// A connection to PostgreSQL on an event loop.
///
/// Every request is one round trip in libpq's pipeline mode: its statements are sent together, followed by one Sync, so
/// they are **one transaction**: all of them take effect, or, when one fails, none. Requests of several callers are served
/// in the order in which they came.
///
/// Statements are prepared on first use, by their text, within the same round trip. When a table changes under a prepared
/// plan, the request is prepared and sent again by itself.
///
/// A connection that breaks fails what waits for it with `PostgresError.connectionLost` and stays broken; `PostgresPool`
/// makes new ones. A connection is to be closed with `close()`.
package actor PostgresConnection {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The server's process for this connection.
    package nonisolated let backendProcess: Int32
    /// The server's version, as 150020 for 15.20.
    package nonisolated let serverVersion: Int

    private var handle: LibpqHandle?
    private var watcher: DescriptorWatcher?
    private var lossReason = ""
    private let lost: (@Sendable (PostgresError) -> Void)?

    private var prepared = PreparedStatements()
    private var queue: [PostgresRequest] = []
    private var transactionQueue: [PostgresRequest] = []
    private var inFlight: PostgresRequest?
    private var owner: UInt64?
    private var lastID: UInt64 = 0
    private var isCancelling = false

    private var listeners: [String: @Sendable (PostgresNotification) -> Void] = [:]

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
    package func listen(_ channel: String, _ received: @escaping @Sendable (PostgresNotification) -> Void) async throws {
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

// MARK: - Requests

extension PostgresConnection {
    /// Sends a request, or queues it, and waits for its end.
    ///
    /// When the task is cancelled, a request that waits is dropped and one that runs is cancelled on the server, unless
    /// `isCancellable` is false. One that was committed in spite of that returns its result.
    func submit(
        _ work: PostgresRequest.Work, transaction: UInt64? = nil, isBegin: Bool = false, isCancellable: Bool = true
    ) async throws -> [PostgresRows] {
        lastID += 1
        let id = lastID
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(PostgresRequest(id: id, work, transaction: transaction, isBegin: isBegin, continuation))
            }
        } onCancel: {
            if isCancellable { loop.perform { self.assumeIsolated { $0.cancel(id) } } }
        }
    }

    private func enqueue(_ request: PostgresRequest) {
        guard handle != nil else {
            return request.finish(.failure(PostgresError.connectionLost(reason: lossReason, outcome: .notSent)))
        }
        if request.transaction == nil || request.isBegin {
            queue.append(request)
        } else if request.transaction == owner {
            transactionQueue.append(request)
        } else {
            return request.finish(.failure(PostgresError.transactionIsOver))
        }
        sendNext()
    }

    /// One request at a time is with the server. While a transaction is open, only its own requests go.
    private func sendNext() {
        guard inFlight == nil, !isCancelling, handle != nil else { return }
        if owner != nil {
            guard !transactionQueue.isEmpty else { return }
            send(transactionQueue.removeFirst())
        } else if prepared.mustDiscard {
            send(PostgresRequest(id: 0, .discardStatements, nil))
        } else if !queue.isEmpty {
            let request = queue.removeFirst()
            owner = request.transaction
            send(request)
        }
    }

    private func send(_ request: PostgresRequest) {
        guard let handle else { return }
        inFlight = request
        let isQueued =
            switch request.work {
            case .pipeline(let statements): queueStatements(statements, of: request, on: handle)
            case .script(let text):
                PQexitPipelineMode(handle.pointer) == 1 && PQsendQuery(handle.pointer, text) == 1
            case .discardStatements:
                handle.execute(text: "DEALLOCATE ALL", PostgresParameters()) && PQpipelineSync(handle.pointer) == 1
            }
        guard isQueued else { return end(handle.errorMessage) }
        flush(handle)
    }

    private func queueStatements(_ statements: [SQL], of request: PostgresRequest, on handle: LibpqHandle) -> Bool {
        var fresh: [PreparedStatements.Key: String] = [:]
        for statement in statements {
            let key = PreparedStatements.Key(text: statement.text, types: statement.parameters.types)
            var name = prepared.name(of: key) ?? fresh[key]
            if name == nil {
                let newName = prepared.newName()
                guard handle.prepare(newName, key.text, types: key.types) else { return false }
                request.steps.append(.prepare(key, name: newName, sql: key.text))
                fresh[key] = newName
                name = newName
            }
            guard let name, handle.execute(name, statement.parameters) else { return false }
            request.steps.append(.statement(sql: key.text))
        }
        return PQpipelineSync(handle.pointer) == 1
    }

    private func flush(_ handle: LibpqHandle) {
        let waiting = PQflush(handle.pointer)
        guard waiting >= 0 else { return end(handle.errorMessage) }
        do { try watcher?.wait(for: waiting == 0 ? .readable : [.readable, .writable]) } catch { end("\(error)") }
    }

    private func cancel(_ id: UInt64) {
        for (index, request) in queue.enumerated() where request.id == id {
            queue.remove(at: index)
            return request.finish(.failure(CancellationError()))
        }
        for (index, request) in transactionQueue.enumerated() where request.id == id {
            transactionQueue.remove(at: index)
            return request.finish(.failure(CancellationError()))
        }
        guard let inFlight, inFlight.id == id, let handle else { return }
        inFlight.isCancelled = true
        isCancelling = true
        let send = handle.canceller()
        Task {
            await loop.runBlocking(send)
            cancelRequestSent()
        }
    }

    /// Only now can the next request go: the server must not cancel that one instead.
    private func cancelRequestSent() {
        isCancelling = false
        sendNext()
    }
}

// MARK: - Results

extension PostgresConnection {
    private func socketReady(_ readiness: DescriptorWatcher.Readiness) {
        guard let handle else { return }
        let hasEnded = readiness.contains(.readable) && PQconsumeInput(handle.pointer) == 0
        let reason = handle.errorMessage
        if !hasEnded, watcher?.interest.contains(.writable) == true { flush(handle) }
        // What came before the end still counts.
        readResults(handle)
        deliverNotifications(handle)
        if hasEnded { end(reason) }
    }

    private func readResults(_ handle: LibpqHandle) {
        while let request = inFlight, self.handle != nil, PQisBusy(handle.pointer) == 0 {
            guard let result = PQgetResult(handle.pointer) else {
                if case .script = request.work { return finishScript(request, handle) }
                if handle.isBroken { return end(handle.errorMessage) }
                // One more than there are steps: the Sync itself can fail, as for a deferred constraint.
                guard request.nextStep <= request.steps.count else { return }
                request.nextStep += 1
                continue
            }
            take(result, for: request)
        }
    }

    private func take(_ result: OpaquePointer, for request: PostgresRequest) {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            finish(request)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE:
            succeeded(PostgresRows(result: PostgresResult(owning: result)), request)
        case PGRES_PIPELINE_ABORTED: PQclear(result)
        default:
            defer { PQclear(result) }
            let (error, isFatal) = PostgresError.from(result, sql: request.currentSQL)
            if request.error == nil { request.error = error }
            if isFatal, case .server(let server) = error { end(server.message) }
        }
    }

    private func succeeded(_ rows: PostgresRows, _ request: PostgresRequest) {
        if case .prepare(let key, let name, _) = request.currentStep {
            prepared.add(key, name: name)
        } else if case .pipeline = request.work {
            request.results.append(rows)
        }
    }

    private func finishScript(_ request: PostgresRequest, _ handle: LibpqHandle) {
        if handle.isBroken || PQenterPipelineMode(handle.pointer) == 0 { return end(handle.errorMessage) }
        finish(request)
    }

    private func finish(_ request: PostgresRequest) {
        inFlight = nil
        if case .discardStatements = request.work { prepared.discarded() }
        let isStale = request.error?.isStalePlan == true
        if isStale { prepared.forgetAll() }
        if isStale, request.transaction == nil, !request.isSecondTry, !request.isCancelled {
            request.reset()
            queue.insert(request, at: 0)
        } else if let error = request.error {
            let wasCancelled = request.isCancelled && error.sqlState == "57014"
            request.finish(.failure(wasCancelled ? CancellationError() : error))
        } else {
            request.finish(.success(request.results))
        }
        sendNext()
    }

    private func deliverNotifications(_ handle: LibpqHandle) {
        while self.handle != nil, let notification = PQnotifies(handle.pointer) {
            defer { PQfreemem(notification) }
            let channel = String(cString: notification.pointee.relname)
            listeners[channel]?(
                PostgresNotification(
                    channel: channel, payload: String(cString: notification.pointee.extra),
                    backendProcess: notification.pointee.be_pid))
        }
    }

    /// The end of the connection. The socket's watch must end before libpq closes it.
    private func end(_ reason: String, tell: Bool = true) {
        guard handle != nil else { return }
        lossReason = reason.isEmpty ? "the server closed the connection" : reason
        watcher?.cancel()
        (watcher, handle, owner) = (nil, nil, nil)
        let waiting = queue + transactionQueue
        (queue, transactionQueue, listeners) = ([], [], [:])
        inFlight.take()?
            .finish(.failure(PostgresError.connectionLost(reason: lossReason, outcome: .unknown)))
        let notSent = PostgresError.connectionLost(reason: lossReason, outcome: .notSent)
        for request in waiting { request.finish(.failure(notSent)) }
        if tell { lost?(notSent) }
    }
}

// MARK: - Transactions

extension PostgresConnection {
    /// Waits for its turn, begins a transaction and returns its number: until its end only its own requests are sent.
    func begin(_ sql: SQL) async throws -> UInt64 {
        lastID += 1
        let transaction = lastID
        do { _ = try await submit(.pipeline([sql]), transaction: transaction, isBegin: true) } catch {
            release(transaction)
            throw error
        }
        return transaction
    }

    /// Ends a transaction with COMMIT or ROLLBACK, which cancellation does not interrupt.
    func finish(_ transaction: UInt64, _ sql: SQL) async throws -> PostgresRows? {
        defer { release(transaction) }
        return try await submit(.pipeline([sql]), transaction: transaction, isCancellable: false).first
    }

    private func release(_ transaction: UInt64) {
        guard owner == transaction else { return }
        owner = nil
        sendNext()
    }
}

/// A NOTIFY that arrived.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    /// The server's process that sent it: compare with `backendProcess` to tell one's own.
    package let backendProcess: Int32
}
