internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// An attempt of author code, a task's or a callback's: artifact, slot, child, result.
final class AuthorAttempt: Attempt {
    private var slotTicket: UInt64?
    private var holdsSlot = false
    private var loadedRunner: LoadedRunnerLink?
    private var child: ChildLink?
    private var reported: (outcome: AttemptOutcome, usage: AttemptUsage)?
    private var startedAt: Int64 = 0
    private lazy var gate = MessageGate(now: LeaseClock.now)
    private var isPaused = false

    override func start() {
        supervisor.artifacts.need([spec.artifact, spec.files], for: self) { [self] result in
            guard !isFinished else { return }
            switch result {
            case .success(let paths): waitForSlot(artifact: paths[0], files: paths[1])
            case .failure(let failure): end(.failed(failure))
            }
        }
    }

    private func waitForSlot(artifact: String, files: String) {
        // Callbacks tell of trouble, also when tasks that run for days have all slots; the leader sends few at a time.
        if case .callback = spec.work { return waitForChild(artifact, files, isSecondTry: false) }
        slotTicket = supervisor.slots.take { [self] in
            guard !isFinished else { return supervisor.slots.free() }
            holdsSlot = true
            waitForChild(artifact, files, isSecondTry: false)
        }
    }

    /// A loaded runner that is lost while the attempt waits is replaced once: the attempt has not begun.
    private func waitForChild(_ artifact: String, _ files: String, isSecondTry: Bool) {
        do {
            let loadedRunner = try supervisor.runner.loadedRunner(of: artifact)
            self.loadedRunner = loadedRunner
            loadedRunner.child { [self] result in
                switch result {
                case .success(let child): run(in: child, files: files)
                case .failure(let failure):
                    guard !isFinished else { return }
                    if failure.cause == .infrastructure, !isSecondTry {
                        loop.atEndOfTurn { [self] in
                            if !isFinished { waitForChild(artifact, files, isSecondTry: true) }
                        }
                        return
                    }
                    log.write(loadedRunner.loadOutput)
                    end(.failed(failure))
                }
            }
        } catch {
            end(.failed(AttemptFailure(.infrastructure, "no process for author code could be started: \(error)")))
        }
    }

    private func run(in child: ChildLink, files: String) {
        guard !isFinished else { return child.dismiss() }
        self.child = child
        startedAt = WallClock.now
        do { try log.read(child.output) } catch { log.note("The output of the task cannot be read: \(error)") }
        child.run(
            spec, files: files, received: { [self] in received($0) }, closed: { [self] in closed() },
            ended: { [self] in completeIfGone() })
        begun(pid: child.pid)
    }

    private func received(_ message: ChildMessage) {
        switch message {
        case .started: countTimeout()
        case .query(let id, .artifact):
            child?.send(.answer(id: id, .refused("artifacts are the worker's to fetch")))
        case .query(let id, let query):
            gate.asked()
            supervisor.ask(query, for: self) { [self] answer in
                gate.answered()
                child?.send(.answer(id: id, answer))
            }
            pauseIfNeeded()
        case .progress(let json):
            gate.reported(now: LeaseClock.now)
            report(json)
            pauseIfNeeded()
        case .outletEvent(let event): note(event)
        case .result(let outcome, let usage):
            guard reported == nil else { return }
            reported = (outcome, usage)
            // Nothing starts the task again after a success, so nobody has to wait until the process is gone.
            if outcome.isSuccess, stopping == nil { complete() }
        }
    }

    /// A task that says more than others can take in has to wait.
    private func pauseIfNeeded() {
        guard !isPaused, !isFinished, let child else { return }
        guard !gate.isOpen(now: LeaseClock.now, toAttempt: child.bufferedBytes, toLeader: supervisor.bufferedBytes)
        else { return }
        isPaused = true
        child.pauseReading(true)
        loop.schedule(after: .milliseconds(50)) { [self] in
            isPaused = false
            pauseIfNeeded()
            if !isPaused { child.pauseReading(false) }
        }
    }

    private func closed() {
        if let offence = child?.offence { stop(AttemptFailure(.task, offence), grace: .zero) }
        // The exit is reported by the loaded runner within moments. Without a report it is lost, or does not answer.
        loop.schedule(after: .seconds(2)) { [self] in
            guard !isFinished, let child else { return }
            kill(-pid_t(child.pid), SIGKILL)
            complete()
        }
        completeIfGone()
    }

    private func completeIfGone() {
        guard let child, let end = child.end else { return }
        if end.code == nil, end.signal == nil { kill(-pid_t(child.pid), SIGKILL) }
        if child.isClosed { complete() }
    }

    private func complete() {
        guard !isFinished else { return }
        log.drain()
        if let reported { return end(reported.outcome, reported.usage) }
        var usage = AttemptUsage(startedAt: startedAt, endedAt: WallClock.now)
        guard let end = child?.end, end.code != nil || end.signal != nil else {
            return self.end(
                .failed(AttemptFailure(.infrastructure, "the process from which the task descends was lost")), usage)
        }
        (usage.cpu, usage.maxResidentKiB) = (end.cpu, end.maxResidentKiB)
        let outOfMemory = end.signal == Int(SIGKILL) && supervisor.outOfMemory.hasKilled()
        let sentence = DeathSentence.of("the task's process", end, outOfMemory: outOfMemory)
        self.end(.failed(AttemptFailure(.task, sentence, exitCode: end.code, signal: end.signal)), usage)
    }

    private func end(_ outcome: AttemptOutcome, _ usage: AttemptUsage = AttemptUsage()) {
        guard !isFinished else { return }
        finish(outcome, usage)
        if let slotTicket { supervisor.slots.giveUp(slotTicket) }
        if holdsSlot { supervisor.slots.free() }
        holdsSlot = false
    }

    override func end(grace: Duration) {
        guard let child, let loadedRunner else {
            return end(.failed(AttemptFailure(.cancelled, "the attempt was stopped before it began")))
        }
        signal(loadedRunner, child, SIGTERM)
        loop.schedule(after: grace) { [self] in
            guard !isFinished else { return }
            signal(loadedRunner, child, SIGKILL)
            loop.schedule(after: .seconds(2)) { [self] in if !isFinished { kill(-pid_t(child.pid), SIGKILL) } }
        }
    }

    override func lost(_ failure: AttemptFailure) {
        child?.dismiss()
        if let reported { end(reported.outcome, reported.usage) } else { end(.failed(failure)) }
    }

    private func signal(_ loadedRunner: LoadedRunnerLink, _ child: ChildLink, _ number: CInt) {
        loadedRunner.signal(child, number)
    }
}
