internal import DAGModel
internal import Store
internal import WorkerProtocol

// Callbacks. What happened is written to the outbox with the tick that decides it; the leader then has workers make the calls, which are
// attempts without a task instance: they have leases, logs and tokens as others do.
extension SchedulerCore {
    // MARK: What happened

    /// An instance has ended, or waits for its next try; `attempt` is what made it.
    mutating func noteCallback(
        _ key: InstanceKey, _ state: TaskState, in run: ActiveRun, attempt: AttemptID?, now: Moment
    ) {
        // Most tasks have none: nothing is copied to find that out.
        guard !run.version.graph.tasks[key.task].callbacks.isEmpty, let kind = CallbackKind(endOf: state) else {
            return
        }
        let task = run.version.graph.tasks[key.task]
        guard task.callbacks.contains(kind) else { return }
        let tryNumber = run.plan[key]?.tryNumber ?? 0
        let instance = key.mapIndex < 0 ? task.id : "\(task.id)[\(key.mapIndex)]"
        let mark = attempt.map(\.description) ?? "\(tryNumber)@\(now.wall.microseconds)"
        var event = CallbackEvent(
            kind, dedupeKey: "\(run.record.dagID)/\(run.record.runID)/\(instance)/\(kind.rawValue)/\(mark)",
            taskID: task.id, mapIndex: key.mapIndex, tryNumber: tryNumber, state: state.rawValue, at: now.wall)
        event.reason = run.details[key]?.reason
        event.attempt = attempt?.rawValue
        add(event, of: run)
    }

    /// A run has ended, by itself.
    mutating func noteCallback(endOf run: ActiveRun, reason: String, now: Moment) {
        let callbacks = run.version.record.document.callbacks
        let kind = run.record.state == .success ? CallbackKind.success : .failure
        guard callbacks.contains(kind) else { return }
        add(
            CallbackEvent(
                kind, dedupeKey: "\(run.record.dagID)/\(run.record.runID)/\(kind.rawValue)/\(now.wall.microseconds)",
                state: run.record.state.rawValue, reason: reason, at: now.wall),
            of: run)
    }

    private mutating func add(_ event: CallbackEvent, of run: ActiveRun) {
        if pendingCallbacks.last?.run != run.record.id { pendingEffects.append((run.record.id, .callCallbacks)) }
        pendingCallbacks.append(CallbackWrite(run: run.record.id, versionID: run.record.versionID, event: event))
    }

    // MARK: Calls

    /// The worker that makes the next call; nil when none can.
    func workerForCallback(_ rules: CallbackRules) -> WorkerID? {
        let candidates = workers.filter { _, worker in
            worker.isConnected && !worker.isDraining && worker.calls < rules.perWorker
        }
        return candidates.min { ($0.value.calls, $0.key.instance) < ($1.value.calls, $1.key.instance) }?.key
    }

    /// A worker is about to be told to make a call.
    ///
    /// - Returns: False when the worker is gone: the call is lost.
    mutating func beginCall(
        _ delivery: Delivery, _ id: AttemptID, _ token: AttemptToken, on worker: WorkerID, now: Moment
    ) -> Bool {
        guard workers[worker]?.isConnected == true else { return false }
        attempts[id] = LiveAttempt(
            run: LiveAttempt.noRun, key: InstanceKey(task: 0), token: token, worker: worker, workerLabel: "",
            holdsSlot: false, holds: [], confirmedAt: now.monotonic, delivery: delivery)
        workers[worker]?.attempts.insert(id)
        workers[worker]?.calls += 1
        return true
    }

    /// A call that a former leader had begun waits for a worker to report it.
    mutating func adoptCall(_ delivery: Delivery, _ id: AttemptID, _ token: AttemptToken, worker: String, now: Moment) {
        let reportBy = now.monotonic + (rules.hold + rules.lease).wholeMicroseconds
        attempts[id] = LiveAttempt(
            run: LiveAttempt.noRun, key: InstanceKey(task: 0), token: token, worker: nil, workerLabel: worker,
            holdsSlot: false, holds: [], reportBy: reportBy, delivery: delivery)
        timers.add(.orphans, at: reportBy)
    }

    /// The call that an attempt makes; nil for attempts of tasks.
    func delivery(of attempt: AttemptID, token: AttemptToken) -> Delivery? {
        guard let live = attempts[attempt], live.token == token else { return nil }
        return live.delivery
    }

    /// The end of a call is written.
    mutating func endCall(_ attempt: AttemptID) { release(attempt) }
}
