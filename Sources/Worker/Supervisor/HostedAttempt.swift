internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// An attempt of a built-in operator: it runs in the operator host, and its programs run below the launcher.
final class HostedAttempt: Attempt {
    private struct Program {
        var slotTicket: UInt64?
        var holdsSlot = false
        var launched: UInt64?
        var openPipes = 0
        var end: ChildEnd?
    }

    private var programs: [UInt64: Program] = [:]
    private var usage = AttemptUsage()
    private var isRunning = false
    private var files = ""
    private var reported: AttemptOutcome?
    private lazy var gate = MessageGate(now: LeaseClock.now)
    private var droppedLog = 0

    override func start() {
        supervisor.artifacts.need([spec.files], for: self) { [self] result in
            guard !isFinished else { return }
            switch result {
            case .success(let paths): run(files: paths[0])
            case .failure(let failure): finish(.failed(failure), usage)
            }
        }
    }

    private func run(files: String) {
        self.files = files
        isRunning = true
        usage.startedAt = WallClock.now
        supervisor.host.send(.run(spec, files: files))
        begun(pid: supervisor.host.pid)
    }

    func received(_ message: ChildMessage) {
        switch message {
        case .started: countTimeout()
        case .query(let id, let query):
            guard gate.openQuestions < AttemptBounds.questions else {
                let sentence = "\(AttemptBounds.questions) questions of this attempt wait for their answers already"
                return supervisor.host.send(.answer(spec.id, id: id, .refused(sentence)))
            }
            gate.asked()
            supervisor.ask(query, for: self) { [self] answer in
                gate.answered()
                supervisor.host.send(.answer(spec.id, id: id, answer))
            }
        case .progress(let json):
            // The host serves many attempts, so that it cannot be made to wait for one.
            guard gate.takesReport(now: LeaseClock.now, toLeader: supervisor.bufferedBytes) else {
                return dropped("there are more than \(Int(MessageGate.rate)) a second")
            }
            report(json)
        case .outletEvent(let event): note(event)
        case .result(let outcome, _):
            reported = outcome
            for id in programs.keys { stopProgram(id, grace: .zero) }
            completeIfGone()
        }
    }

    /// The operator has written to its log. What the leader cannot take in is dropped, and the log says so.
    func wrote(_ bytes: [UInt8], leaderIsBehind: Bool) {
        if leaderIsBehind {
            droppedLog += bytes.count
            return
        }
        if droppedLog > 0 {
            log.note("\(droppedLog) bytes of log were dropped here: they came faster than they could be sent")
            droppedLog = 0
        }
        log.write(bytes)
    }

    /// The operator host is gone.
    func hostLost(_ reason: String) {
        received(.result(.failed(AttemptFailure(.infrastructure, reason)), AttemptUsage()))
    }

    override func end(grace: Duration) {
        guard isRunning else {
            return finish(.failed(AttemptFailure(.cancelled, "the attempt was stopped before it began")), usage)
        }
        supervisor.host.send(.cancel(spec.id))
        for id in programs.keys { stopProgram(id, grace: grace) }
        // An operator that does not end when it is told to is ended with its host: it must not run on beside its next attempt.
        loop.schedule(after: grace + .seconds(5)) { [self] in
            guard !isFinished, reported == nil else { return }
            supervisor.host.kill("an operator (\(spec.dagID).\(spec.taskID)) did not end when it was told to")
        }
    }

    override func lost(_ failure: AttemptFailure) {
        for id in programs.keys { freeSlot(id) }
        programs = [:]
        finish(.failed(failure), usage)
    }

    private func completeIfGone() {
        guard let reported, programs.isEmpty, !isFinished else { return }
        usage.endedAt = WallClock.now
        finish(reported, usage)
    }
}

// MARK: - Programs

extension HostedAttempt {
    func startProgram(_ id: UInt64, _ request: HostedProgram) {
        guard reported == nil, stopping == nil else {
            return supervisor.host.send(.programFailed(spec.id, program: id, "the attempt is being stopped"))
        }
        programs[id] = Program()
        let ticket = supervisor.slots.take { [self] in
            guard programs[id] != nil else { return supervisor.slots.free() }
            programs[id]?.holdsSlot = true
            launch(id, request)
        }
        programs[id]?.slotTicket = ticket
    }

    func stopProgram(_ id: UInt64, grace: Duration) {
        guard let program = programs[id] else { return }
        if let launched = program.launched { return supervisor.launcher.stop(launched, grace: grace) }
        ended(id) { .programFailed($0, program: id, "the attempt was stopped before a slot was free") }
    }

    private func launch(_ id: UInt64, _ request: HostedProgram) {
        do {
            let output = try pipe(of: id, isError: false)
            let error = try pipe(of: id, isError: true)
            var environment = ProcessEnvironment.ofPrograms(supervisor.options)
            if !files.isEmpty { environment["SLIPSTREAM_FILES"] = files }
            environment.merge(request.environment) { $1 }
            programs[id]?.launched = supervisor.launcher.launch(
                LaunchRequest(
                    arguments: request.arguments, environment: environment, folder: request.folder,
                    descriptors: [1, 2],
                    attempt: spec.id),
                [output, error],
                LauncherLink.Events(
                    failed: { [self] reason in ended(id) { .programFailed($0, program: id, reason) } },
                    ended: { [self] end in programExited(id, end) }))
        } catch {
            ended(id) { .programFailed($0, program: id, "\(error)") }
        }
    }

    /// A pipe into the log, of which the host gets a copy. Returns the end for the program.
    private func pipe(of id: UInt64, isError: Bool) throws -> OwnedDescriptor {
        let (read, write) = try OwnedDescriptor.pipe()
        programs[id]?.openPipes += 1
        try log.read(
            read,
            copy: { [self] bytes in
                supervisor.host.send(.programOutput(spec.id, program: id, isError: isError, bytes))
                if supervisor.host.isCongested { log.pause(true, for: .host) }
            },
            ended: { [self] in
                programs[id]?.openPipes -= 1
                reportEnd(id)
            })
        return write
    }

    /// The host hears of the end after the last output, or a second later if something else holds the pipes open.
    private func programExited(_ id: UInt64, _ end: ChildEnd) {
        guard programs[id] != nil else { return }
        usage.cpu += end.cpu
        usage.maxResidentKiB = max(usage.maxResidentKiB, end.maxResidentKiB)
        programs[id]?.end = end
        freeSlot(id)
        reportEnd(id)
        loop.schedule(after: .seconds(1)) { [self] in
            programs[id]?.openPipes = 0
            reportEnd(id)
        }
    }

    private func reportEnd(_ id: UInt64) {
        guard let program = programs[id], let end = program.end, program.openPipes == 0 || reported != nil else {
            return
        }
        ended(id) { .programEnded($0, program: id, end) }
    }

    private func ended(_ id: UInt64, _ order: (AttemptID) -> HostOrder) {
        freeSlot(id)
        guard programs.removeValue(forKey: id) != nil else { return }
        supervisor.host.send(order(spec.id))
        completeIfGone()
    }

    private func freeSlot(_ id: UInt64) {
        guard let program = programs[id] else { return }
        programs[id]?.holdsSlot = false
        programs[id]?.slotTicket = nil
        if program.holdsSlot {
            supervisor.slots.free()
        } else if let ticket = program.slotTicket {
            supervisor.slots.giveUp(ticket)
        }
    }
}
