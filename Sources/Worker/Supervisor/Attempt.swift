internal import DAGModel
internal import Supervision
internal import WorkerProtocol

/// One attempt on this worker, from its dispatch to its result. Subclasses know how it is run. Confined to the loop.
///
/// The story: `start()`, then `begun()`, then perhaps `stop(_:grace:)`, then once `finish(_:_:)`.
class Attempt {
    let spec: AttemptSpec
    let log: AttemptLog
    unowned let supervisor: Supervisor
    /// Why the attempt is being stopped.
    private(set) var stopping: AttemptFailure?
    private(set) var isFinished = false
    /// What the leader was told when the body began; told again to a new leader.
    private(set) var startedMessage: WorkerMessage?

    private var mask = SecretMask()
    private var timeout: Timer?
    private var droppedReports = 0
    private var outletEvents: [OutletEvent] = []

    var loop: EventLoop { supervisor.loop }

    init(_ spec: AttemptSpec, _ supervisor: Supervisor) {
        self.spec = spec
        self.supervisor = supervisor
        log = AttemptLog(spec, on: supervisor.loop) { [unowned supervisor] in supervisor.emit($0) }
    }

    /// Begins to prepare and run the attempt.
    func start() {}

    /// Ends what runs, with TERM and, after the grace period, KILL; or finishes at once if nothing runs.
    func end(grace: Duration) {}

    /// The launcher is lost, and all processes are gone: the attempt ends with this failure if it has no result yet.
    func lost(_ failure: AttemptFailure) {}

    /// The body runs from now on, in the process `pid`.
    final func begun(pid: Int) {
        let message = WorkerMessage.started(spec.id, at: WallClock.now, pid: pid)
        startedMessage = message
        supervisor.tell(message)
        countTimeout()
    }

    /// The execution timeout counts from now.
    final func countTimeout() {
        timeout?.cancel()
        guard let seconds = spec.executionTimeout else { return }
        let rest = max(0, seconds - secondsBefore)
        timeout = loop.schedule(after: .milliseconds(Int64(rest * 1_000))) { [self] in
            stop(
                AttemptFailure(.timeout, "the attempt ran longer than its execution timeout of \(readable(seconds)) s"),
                grace: supervisor.options.stopGrace)
        }
    }

    /// How long the try has taken already, when this attempt goes on after a wait. What a sensor's next look may take is counted anew.
    ///
    /// Source: Airflow 3.3.2, `sdk/execution_time/task_runner.py`, `_execute_task`.
    private var secondsBefore: Double {
        guard let wait = spec.resumption?.suspension.wait, wait != .poke, let first = spec.firstStartedAt else {
            return 0
        }
        return max(0, Double(WallClock.now - first) / 1e6)
    }

    /// Stops the attempt; it will end with this failure. The first reason stands.
    final func stop(_ failure: AttemptFailure, grace: Duration) {
        guard !isFinished else { return }
        if stopping == nil { stopping = failure }
        end(grace: grace)
    }

    /// Secrets that this attempt was given must not show anywhere.
    final func hide(_ secrets: [String]) {
        log.hide(secrets)
        mask.add(secrets)
    }

    final func report(_ json: [UInt8]) {
        guard json.count <= AttemptBounds.report else {
            return dropped("it has \(json.count) bytes, and at most \(AttemptBounds.report) are kept")
        }
        supervisor.tell(.progress(spec.id, spec.token, json: masked(json)))
    }

    /// What a success is going to tell of an asset; the last word on each counts.
    final func note(_ event: OutletEvent) {
        outletEvents.removeAll { $0.name == event.name && $0.uri == event.uri }
        guard event.extra.count <= AttemptBounds.outletExtra, outletEvents.count < AttemptBounds.outletEvents else {
            return log.note(
                "What the task told of asset \(event.name) was dropped: it is too long, or there is too much of it")
        }
        outletEvents.append(OutletEvent(name: event.name, uri: event.uri, extra: masked(event.extra)))
    }

    /// A report of progress was not taken: the log tells of the first.
    final func dropped(_ reason: String) {
        droppedReports += 1
        if droppedReports == 1 { log.note("A report of progress was dropped: \(reason)") }
    }

    /// The attempt has ended, and nothing of it runs any more that could write a result.
    final func finish(_ outcome: AttemptOutcome, _ usage: AttemptUsage) {
        guard !isFinished else { return }
        isFinished = true
        timeout?.cancel()
        timeout = nil
        let outcome = masked(AttemptBounds.bounded(overruled(outcome)))
        if droppedReports > 1 { log.note("\(droppedReports) reports of progress were dropped") }
        if case .failed(let failure) = outcome { log.note("The attempt failed: \(failure.message)") }
        log.finish { [self] in loop.atEndOfTurn { [self] in supervisor.forget(self) } }
        supervisor.finished(
            self,
            AttemptResult(
                attempt: spec.id, token: spec.token, outcome: outcome, usage: usage,
                outletEvents: told(outcome)))
    }

    private func told(_ outcome: AttemptOutcome) -> [OutletEvent] {
        outcome.isSuccess ? outletEvents : []
    }

    /// Once it is to stop, an attempt ends for that reason, whatever it says: the success of a body whose programs were stopped is none.
    private func overruled(_ outcome: AttemptOutcome) -> AttemptOutcome {
        guard var reason = stopping else { return outcome }
        if case .failed(let failure) = outcome { (reason.exitCode, reason.signal) = (failure.exitCode, failure.signal) }
        return .failed(reason)
    }

    private func masked(_ outcome: AttemptOutcome) -> AttemptOutcome {
        guard !mask.isEmpty else { return outcome }
        switch outcome {
        case .success, .kept: return outcome
        case .skipped(let reason): return .skipped(reason: masked(reason))
        // What it saves is its own, as an output is.
        case .suspended: return outcome
        case .failed(var failure):
            failure.message = masked(failure.message)
            return .failed(failure)
        }
    }

    private func masked(_ text: String) -> String { String(decoding: masked(Array(text.utf8)), as: UTF8.self) }

    private func masked(_ bytes: [UInt8]) -> [UInt8] {
        var once = mask
        return once.mask(bytes) + once.finish()
    }
}

/// `90` for 90.0, `0.5` for 0.5.
func readable(_ seconds: Double) -> String {
    seconds == seconds.rounded() && abs(seconds) < 1e15 ? String(Int64(seconds)) : String(seconds)
}
