internal import DAGModel
internal import Logging
internal import Store
internal import Supervision
internal import WorkerProtocol

// The leader's side of the worker protocol.
extension Leader {
    /// Takes a new connection: the first message has to be a hello with the worker token.
    func accept(_ connection: FrameConnection) {
        connection.limitReceived(to: FrameLimit.hello)
        do {
            try connection.start(
                received: { [self] frame in assumeIsolated { $0.received(frame.bytes, on: connection) } },
                closed: { [self] reason in assumeIsolated { $0.closed(connection, reason.description) } })
        } catch {
            return log.error("A worker's connection cannot be used: \(error)")
        }
        loop.schedule(after: Self.helloTime) { [self] in
            assumeIsolated { if $0.greeted[ObjectIdentifier(connection)] == nil { connection.close() } }
        }
    }

    /// Who connects and does not say hello within this time has to go.
    private static let helloTime = Duration.seconds(10)

    private func received(_ frame: [UInt8], on connection: FrameConnection) {
        do {
            let message = try WorkerMessage(frame: frame)
            if let worker = greeted[ObjectIdentifier(connection)] {
                receive(message, from: worker)
            } else {
                greeted[ObjectIdentifier(connection)] = greet(message, connection)
            }
        } catch {
            refuse(connection, "\(error)")
        }
    }

    private func closed(_ connection: FrameConnection, _ reason: String) {
        guard let worker = greeted.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        disconnected(worker, connection, reason)
    }

    private func greet(_ message: WorkerMessage, _ connection: FrameConnection) -> WorkerID? {
        guard case .hello(let hello) = message else {
            refuse(connection, "the first message of a worker must be a hello")
            return nil
        }
        guard isEqual(hello.secret, options.workerToken) else {
            refuse(connection, "the worker token is wrong: give the worker the token of this installation")
            return nil
        }
        let id = WorkerID(instance: hello.instance)
        peers[id]?.connection.close()
        let peer = WorkerPeer(connection: connection, name: hello.name)
        connection.limitReceived(to: FrameLimit.toLeader)
        peers[id] = peer
        peer.send(
            .welcome(
                .init(
                    epoch: epoch, heartbeat: Int(options.rules.heartbeat.inSeconds * 1_000),
                    lease: Int(options.rules.lease.inSeconds * 1_000))))
        let revoked = core.workerJoined(
            id, name: hello.name, slots: hello.slots, held: hello.attempts, isSuccessor: hello.isSuccessor,
            now: clock.now())
        for attempt in revoked { peer.send(.cancel(attempt, reason: "the attempt is no longer wanted")) }
        log.info("Worker \(hello.name) joined with \(hello.slots) slots and \(hello.attempts.count) attempts")
        wake()
        Task { await callCallbacks() }
        return id
    }

    private func receive(_ message: WorkerMessage, from worker: WorkerID) {
        switch message {
        case .hello: break
        case .heartbeat(let attempts): answerHeartbeat(attempts, worker)
        case .started(let attempt, let at, let pid):
            core.started(attempt, at: Instant(microseconds: at), pid: pid, now: clock.now())
            armTimer()
        case .result(let result): record(result, worker)
        case .log(let attempt, let token, let offset, let bytes, let isLast):
            let chunk = LogChunk(attempt: attempt.rawValue, start: offset, bytes: bytes, isLast: isLast)
            keep(chunk, of: attempt, token, from: worker)
        case .progress(let attempt, let token, let json):
            guard mayReport(attempt, token), mayKeep(json) else { return }
            reports.append((attempt.rawValue, clock.now().wall, String(decoding: json, as: UTF8.self)))
            flushReportsSoon()
        case .query(let id, let attempt, let token, let query): self.query(query, id, attempt, token, worker)
        case .draining: core.workerDrains(worker)
        }
    }

    private func record(_ result: AttemptResult, _ worker: WorkerID) {
        if let delivery = core.delivery(of: result.attempt, token: result.token) {
            recentlyEnded.add(result.attempt, result.token, now: clock.now().monotonic)
            return callEnded(delivery, result.attempt, result.outcome, worker)
        }
        if let run = core.run(of: result.attempt) {
            results[run, default: []].append((result, worker))
        } else if isUncommitted(result.attempt) {
            // Said again before it is committed: the commit will answer it.
            return
        }
        if case .kept = result.outcome { areOutputsDue = true }
        core.ended(result, from: worker, now: clock.now())
        recentlyEnded.add(result.attempt, result.token, now: clock.now().monotonic)
        wake()
    }

    /// A log's last bytes may come after the result: an attempt that ended under this leader a moment ago may still report.
    func mayReport(_ attempt: AttemptID, _ token: AttemptToken) -> Bool {
        if let live = core.token(of: attempt) { return live == token }
        return recentlyEnded[attempt] == token
    }

    /// An attempt's result is decided and not yet committed: its worker has to keep it.
    func isUncommitted(_ attempt: AttemptID) -> Bool {
        results.values.contains { $0.contains { $0.0.attempt == attempt } }
            || committingResults.values.contains { $0.contains { $0.0.attempt == attempt } }
    }

    private func answerHeartbeat(_ attempts: [AttemptID], _ worker: WorkerID) {
        let revoked = core.heartbeat(worker, held: attempts, now: clock.now()).filter { !isUncommitted($0) }
        guard !isDatabaseAway else {
            let away = clock.now().monotonic - databaseAwaySince
            if away < options.rules.hold.wholeMicroseconds { peers[worker]?.send(.heartbeatAnswer(.hold)) }
            return
        }
        peers[worker]?.send(.heartbeatAnswer(.renewed(revoked: revoked)))
    }

    private func disconnected(_ worker: WorkerID, _ connection: FrameConnection, _ reason: String) {
        guard peers[worker]?.connection === connection else { return }
        log.warning("The connection to worker \(peers[worker]?.name ?? "") ended: \(reason)")
        peers[worker] = nil
        core.workerDisconnected(worker)
        wake()
    }

    private func refuse(_ connection: FrameConnection, _ reason: String) {
        log.warning("A worker was refused: \(reason)")
        try? connection.send(LeaderMessage.refused(reason).frame)
        connection.finish()
    }

    /// Does what a committed tick decided.
    func perform(_ effect: Effect) {
        switch effect {
        case .dispatch(let worker, let spec):
            // A worker that came back during the commit did not hold the attempt: it was lost, and is another worker's soon.
            if core.dispatched(spec.id, to: worker, now: clock.now()) { peers[worker]?.send(.dispatch(spec)) }
        case .cancel(let worker, let attempt, let reason): peers[worker]?.send(.cancel(attempt, reason: reason))
        case .acknowledge(let worker, let attempt): peers[worker]?.send(.acknowledge(attempt))
        case .lookForEvent(let key): Task { await deliverEvents(key: key) }
        case .disconnect(let worker):
            log.warning("Worker \(peers[worker]?.name ?? "") was silent for a lease; its connection is closed")
            peers.removeValue(forKey: worker)?.connection.close()
        case .pastEnded(let run, let tasks): if core.pastEnded(run, tasks) { wake() }
        case .callCallbacks: Task { await callCallbacks() }
        case .callLost(let delivery, let id, let reason):
            callEnded(delivery, id, .failed(AttemptFailure(.infrastructure, reason)), nil)
        case .tell(let sentence): log.warning("\(sentence)")
        case .finished(let dagID, let runID):
            log.info("Run \(runID) of \(dagID) has ended")
            if mayHaveDueRuns(dagID) { Task { await createDueRuns() } }
        }
    }
}

/// Compares two texts in a time that does not depend on where they differ.
private func isEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
