internal import CPostgres
internal import Supervision

extension PostgresConnection {
    func socketReady(_ readiness: DescriptorWatcher.Readiness) {
        guard let handle else { return }
        let hasEnded = readiness.contains(.readable) && PQconsumeInput(handle.pointer) == 0
        let reason = handle.errorMessage
        if !hasEnded, watcher?.interest.contains(.writable) == true { flush(handle) }
        // What came before the end still counts.
        readResults(handle)
        deliverNotifications(handle)
        if hasEnded { end(handle.farewell ?? reason) }
    }

    func readResults(_ handle: LibpqHandle) {
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
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            end("COPY was run, which needs a connection of its own kind")
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
    func end(_ reason: String, tell: Bool = true) {
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
