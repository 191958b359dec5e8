internal import CPostgres
internal import Supervision

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
    func sendNext() {
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

    func flush(_ handle: LibpqHandle) {
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
    func cancelRequestSent() {
        isCancelling = false
        sendNext()
    }
}
