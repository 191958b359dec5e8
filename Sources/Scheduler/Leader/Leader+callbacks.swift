internal import DAGModel
internal import Logging
internal import Postgres
internal import Store
internal import Supervision
internal import WorkerProtocol

// The calls of callbacks. The story: a row of the outbox is due; it is claimed for a worker, which counts the call; the worker is told; what it
// answers is written, and only then acknowledged. Who dies in between leaves a row that this or the next leader finds.
extension Leader {
    /// Has workers call what is due, and waits for what will be. Asked again meanwhile, it looks once more, never twice at a time.
    func callCallbacks() async {
        areCallbacksDue = true
        guard hasTakenOver, !isCalling else { return }
        isCalling = true
        defer { isCalling = false }
        while areCallbacksDue {
            areCallbacksDue = false
            do {
                try await callDueCallbacks()
                armCallbackTimer(try await store.nextCallback())
            } catch {
                // The next comparison of memory and database looks again.
                log.warning("Callbacks could not be read yet: \(error)")
            }
        }
    }

    /// Takes over the calls of a former leader.
    func adoptCalls() async throws {
        for record in try await store.runningCallbacks() {
            guard let attempt = record.attempts.last, let token = record.token,
                let delivery = try await delivery(record, call: record.calls)
            else { continue }
            core.adoptCall(
                delivery, AttemptID(rawValue: attempt), AttemptToken(bytes: token), worker: record.worker ?? "",
                now: clock.now())
        }
    }

    private func callDueCallbacks() async throws {
        while core.workerForCallback(options.callbacks) != nil {
            let due = try await store.dueCallbacks(now: clock.now().wall, limit: 16)
            guard !due.isEmpty else { return }
            for record in due {
                guard let worker = core.workerForCallback(options.callbacks) else { return }
                try await call(record, on: worker)
            }
        }
    }

    private func call(_ record: CallbackRecord, on worker: WorkerID) async throws {
        guard let run = try await store.run(id: record.run),
            let delivery = try await delivery(record, call: record.calls + 1)
        else {
            return try await store.giveUpCallback(
                record.id, error: "its run, or the version of its DAG, is gone", now: clock.now().wall)
        }
        let (id, token) = (core.nextAttemptID(), AttemptToken.random())
        let label = core.workers[worker]?.label(worker) ?? ""
        guard
            try await store.claimCallback(
                record.id, attempt: id.rawValue, token: token.bytes, worker: label, epoch: epoch)
        else { return }
        guard core.beginCall(delivery, id, token, on: worker, now: clock.now()) else {
            return callEnded(delivery, id, .failed(AttemptFailure(.infrastructure, "worker \(label) has gone")), nil)
        }
        let spec = delivery.spec(id, token, run, timeout: options.callbacks.timeout.inSeconds)
        peers[worker]?.send(.dispatch(spec))
    }

    private func delivery(_ record: CallbackRecord, call: Int) async throws -> Delivery? {
        guard let version = try await version(record.versionID) else { return nil }
        return Delivery(callback: record.id, call: call, event: record.event, version: version)
    }

    /// Writes how a call ended, however long that takes, and then acknowledges it.
    func callEnded(_ delivery: Delivery, _ id: AttemptID, _ outcome: AttemptOutcome, _ worker: WorkerID?) {
        let now = clock.now().wall
        let end = options.callbacks.end(after: outcome, call: delivery.call, now: now)
        if case .failed(let error) = end {
            log.error("Callback \(delivery.event.dedupeKey) has failed; see dagctl callbacks list: \(error)")
        }
        Task {
            while true {
                do {
                    try await store.endCallback(delivery.callback, attempt: id.rawValue, end, now: now)
                    break
                } catch {
                    if isEnding { return }
                    log.warning("The end of callback \(delivery.event.dedupeKey) cannot be written yet: \(error)")
                    do { try await loop.sleep(for: .seconds(1)) } catch { return }
                }
            }
            core.endCall(id)
            if let worker { peers[worker]?.send(.acknowledge(id)) }
            await callCallbacks()
        }
    }

    private func armCallbackTimer(_ due: Instant?) {
        callbackTimer?.cancel()
        callbackTimer = nil
        // What is due and has no worker is called when one comes, or has time.
        guard let due, due > clock.now().wall else { return }
        // A calendar clock may be set meanwhile: look again every minute.
        let wait = min(max(due - clock.now().wall, .milliseconds(1)), .seconds(60))
        callbackTimer = loop.schedule(after: wait) { [self] in
            Task { await callCallbacks() }
        }
    }
}

extension Delivery {
    fileprivate func spec(_ id: AttemptID, _ token: AttemptToken, _ run: RunRecord, timeout: Double) -> AttemptSpec {
        AttemptSpec(
            id: id, token: token, dagID: run.dagID, runID: run.runID, taskID: event.taskID ?? "",
            mapIndex: event.mapIndex, tryNumber: call, logicalDate: run.logicalDate,
            dataIntervalStart: run.dataIntervalStart, dataIntervalEnd: run.dataIntervalEnd,
            params: Array(run.params.utf8), artifact: version.record.artifact, files: version.record.files,
            documentHash: version.record.fingerprint, work: .callback(event), inputs: [], executionTimeout: timeout)
    }
}
