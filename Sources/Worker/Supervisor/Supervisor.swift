internal import CPosix
internal import Glibc
internal import Logging
internal import Supervision
internal import WorkerProtocol

/// The part of a worker that speaks with the leader: it takes attempts, has them run by the other parts, streams their logs, and
/// keeps their results until the leader has them. It runs no author code and no operator.
///
/// The launcher is started first and everything else by it; when one part dies the attempts that it ran are reported as lost, and it
/// is started again.
final class Supervisor: @unchecked Sendable {
    // @unchecked: confined to the loop.

    let loop: EventLoop
    let options: WorkerOptions
    let log: Logger
    let slots: SlotQueue
    private(set) var artifacts: ArtifactFetcher
    var launcher: LauncherLink
    var runner: RunnerLink
    var host: HostLink
    var parts: WorkerParts
    var outOfMemory = OutOfMemoryWatch()

    private let instance = UInt64.random(in: 1...UInt64.max)
    var leader: LeaderLink?
    var attempts: [AttemptID: Attempt] = [:]
    /// What the leader has not acknowledged.
    private var results: [AttemptID: AttemptResult] = [:]
    var outbox = LogOutbox()
    var isFlushingLogs = false
    private var queries: [UInt64: PendingQuery] = [:]
    private var lastQuery: UInt64 = 0
    var lease = Lease(now: LeaseClock.now)
    private var heartbeat = Duration.seconds(5)
    private var heartbeatTimer: Timer?
    var tickTimer: Timer?
    var pruneTimer: Timer?
    var ticks = 0
    var helloSentAt = LeaseClock.now
    var isWelcome = false
    var isStopping = false
    private var isDraining = false
    private var ended: ((WorkerEnd) -> Void)?
    private var drained: (() -> Void)?

    private struct PendingQuery {
        let attempt: Attempt
        let query: Query
        let completion: (QueryAnswer) -> Void
    }

    /// Prepares a worker; `ended` is called when it cannot go on.
    init(_ options: WorkerOptions, on loop: EventLoop, log: Logger, ended: @escaping (WorkerEnd) -> Void) throws {
        self.options = options
        self.loop = loop
        self.log = log
        self.ended = ended
        slots = SlotQueue(count: options.slots)
        artifacts = ArtifactFetcher(try ArtifactCache(dataFolder: options.dataFolder))
        _ = cposix_become_subreaper()
        let parts = try WorkerParts(options, loop, log, lease: lease.length)
        (launcher, runner, host, self.parts) = (parts.launcher, parts.runner, parts.host, parts)
        parts.supervisor = self
    }

    /// Begins to serve the leader that `connect` reaches.
    func start(connect: @escaping @Sendable () async throws -> FrameConnection) {
        let events = LeaderLink.Events(
            hello: { [self] in hello() }, received: { [self] in received($0) }, lost: { [self] in leaderLost() },
            refused: { [self] in end($0) })
        let leader = LeaderLink(on: loop, log: log, events: events, connect: connect)
        self.leader = leader
        leader.start()
        tick()
        pruneArtifacts()
        do { try runner.start() } catch { log.error("the runner cannot be started: \(error)") }
    }

    private var held: [AttemptID] { attempts.values.lazy.filter { !$0.isFinished }.map(\.spec.id) + results.keys }
}

/// Why a worker has ended by itself.
package enum WorkerEnd: Error, Equatable, CustomStringConvertible {
    case refused(String)
    case launcher(String)

    package var description: String {
        switch self {
        case .refused(let reason): "this worker was refused: \(reason)"
        case .launcher(let reason): "the worker's launcher cannot be started: \(reason)"
        }
    }
}

// MARK: - The leader

extension Supervisor {
    private func hello() -> WorkerMessage {
        helloSentAt = LeaseClock.now
        return .hello(
            WorkerMessage.Hello(
                secret: options.token, name: options.name, instance: instance, slots: options.slots,
                attempts: held.sorted()))
    }

    private func received(_ message: LeaderMessage) {
        switch message {
        case .welcome(let welcome): begin(welcome)
        case .refused(let reason): end(.refused(reason))
        case .dispatch(let spec): dispatch(spec)
        case .cancel(let id, let reason):
            attempts[id]?.stop(AttemptFailure(.cancelled, reason), grace: options.stopGrace)
        case .acknowledge(let id): acknowledged(id)
        case .heartbeatAnswer(let answer): heartbeatAnswered(answer)
        case .answer(let id, let answer): answered(id, answer)
        case .logsKept(let count): logsKept(count)
        }
    }

    private func begin(_ welcome: LeaderMessage.Welcome) {
        isWelcome = true
        lease.begin(sentAt: helloSentAt, length: Int64(welcome.lease) * 1_000_000)
        heartbeat = .milliseconds(welcome.heartbeat)
        renewLauncher()
        heartbeatTimer?.cancel()
        heartbeatTimer = loop.schedule(after: heartbeat, every: heartbeat) { [self] in sendHeartbeat() }
        for attempt in attempts.values { attempt.startedMessage.map(tell) }
        for result in results.values.sorted(by: { $0.attempt < $1.attempt }) { tell(.result(result)) }
        for (id, pending) in queries { send(id, pending) }
        if isDraining { tell(.draining) }
        flushLogs()
    }

    private func leaderLost() {
        isWelcome = false
        heartbeatTimer?.cancel()
        lease.forget()
        outbox.rewind()
    }

    /// Sends a message if there is a leader; what must not be lost is kept elsewhere and sent again to the next.
    func tell(_ message: WorkerMessage) { if isWelcome { leader?.send(message) } }

    /// Bytes that the leader has not taken in yet.
    var bufferedBytes: Int { leader?.bufferedBytes ?? 0 }

    func sendHeartbeat() {
        lease.sent(at: LeaseClock.now)
        tell(.heartbeat(attempts: held))
    }

    private func heartbeatAnswered(_ answer: LeaderMessage.HeartbeatAnswer) {
        lease.answered()
        renewLauncher()
        guard case .renewed(let revoked) = answer else { return }
        for id in revoked {
            attempts[id]?.stop(
                AttemptFailure(.infrastructure, "the leader has revoked the attempt"), grace: lease.grace)
            results[id] = nil
        }
    }

    private func acknowledged(_ id: AttemptID) {
        results[id] = nil
        checkDrained()
    }
}

// MARK: - Attempts

extension Supervisor {
    private func dispatch(_ spec: AttemptSpec) {
        // Said again by a leader that is not sure.
        guard attempts[spec.id] == nil, results[spec.id] == nil else { return }
        guard LeaseClock.now < lease.stopAt else { return refuse(spec) }
        let attempt: Attempt
        switch spec.work {
        case .author, .callback: attempt = AuthorAttempt(spec, self)
        case .builtIn: attempt = HostedAttempt(spec, self)
        }
        attempts[spec.id] = attempt
        if outbox.isFull { attempt.log.pause(true, for: .leader) }
        attempt.start()
    }

    /// The dispatch comes too late, as after a freeze. The leader believes that the attempt is here: it has to hear that it is not.
    private func refuse(_ spec: AttemptSpec) {
        let failure = AttemptFailure(.infrastructure, "the worker's lease had ended before the attempt reached it")
        let result = AttemptResult(attempt: spec.id, token: spec.token, outcome: .failed(failure))
        results[spec.id] = result
        tell(.result(result))
    }

    /// The attempt has a result.
    func finished(_ attempt: Attempt, _ result: AttemptResult) {
        results[result.attempt] = result
        // What was written before the result comes before the result.
        flushLogs()
        tell(.result(result))
        artifacts.forget(attempt)
        for (id, query) in queries where query.attempt === attempt { queries[id] = nil }
    }

    /// The attempt has its result, and its log the last byte.
    func forget(_ attempt: Attempt) {
        attempts[attempt.spec.id] = nil
        checkDrained()
    }

    /// Asks the leader on behalf of an attempt, again and again until it answers.
    func ask(_ query: Query, for attempt: Attempt, _ completion: @escaping (QueryAnswer) -> Void) {
        lastQuery += 1
        let pending = PendingQuery(attempt: attempt, query: query, completion: completion)
        queries[lastQuery] = pending
        send(lastQuery, pending)
    }

    private func send(_ id: UInt64, _ pending: PendingQuery) {
        tell(.query(id: id, pending.attempt.spec.id, pending.attempt.spec.token, pending.query))
    }

    private func answered(_ id: UInt64, _ answer: QueryAnswer) {
        guard let pending = queries[id] else { return }
        if case .later = answer {
            loop.schedule(after: .seconds(1)) { [self] in if let pending = queries[id] { send(id, pending) } }
            return
        }
        queries[id] = nil
        if case .value(let bytes) = answer { pending.attempt.hide(secrets(in: bytes, answering: pending.query)) }
        pending.completion(answer)
    }

    private func secrets(in bytes: [UInt8], answering query: Query) -> [String] {
        switch query {
        case .connection: ConnectionSecrets.secrets(in: bytes)
        case .variable(let key) where ConnectionSecrets.isSensitive(key): [String(decoding: bytes, as: UTF8.self)]
        default: []
        }
    }

    func received(_ report: HostReport) {
        switch report {
        case .child(let id, let message): hosted(id)?.received(message)
        case .log(let id, let bytes): hosted(id)?.wrote(bytes, leaderIsBehind: outbox.size > outbox.limit * 4)
        case .startProgram(let id, let program, let request): hosted(id)?.startProgram(program, request)
        case .stopProgram(let id, let program, let grace):
            hosted(id)?.stopProgram(program, grace: .milliseconds(grace))
        case .pong: break
        }
    }

    private func hosted(_ id: AttemptID) -> HostedAttempt? { attempts[id] as? HostedAttempt }
}

// MARK: - The end

extension Supervisor {
    /// Takes no further attempts, and calls `drained` when those it has are done, their results and logs with the leader.
    func drain(_ drained: @escaping () -> Void) {
        isDraining = true
        tell(.draining)
        self.drained = drained
        checkDrained()
    }

    /// Stops all attempts.
    func stopAll() {
        for attempt in attempts.values {
            attempt.stop(AttemptFailure(.infrastructure, "the worker was shut down"), grace: options.stopGrace)
        }
    }

    /// Ends everything below this process; from anywhere. The supervisor cannot be used any more.
    func shutDown() async {
        let ending: LauncherLink = await loop.run { [self] in
            isStopping = true
            leader?.stop()
            heartbeatTimer?.cancel()
            tickTimer?.cancel()
            pruneTimer?.cancel()
            runner.close()
            host.close()
            return launcher
        }
        await ending.closeAndWait()
        ProcessTree.killDescendants()
    }

    func checkDrained() {
        guard isDraining, attempts.isEmpty, results.isEmpty, outbox.isEmpty else { return }
        drained?()
        drained = nil
    }

    func end(_ reason: WorkerEnd) {
        ended?(reason)
        ended = nil
    }
}
