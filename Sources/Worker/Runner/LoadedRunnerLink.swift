internal import Logging
internal import Supervision
internal import WorkerProtocol

/// A loaded runner as the supervisor sees it: one compiled DAG file and the children forked for its attempts. Confined to the loop.
final class LoadedRunnerLink {
    typealias Waiter = (Result<ChildLink, AttemptFailure>) -> Void

    let path: String
    /// What the file printed while it was loaded, for the log of an attempt that fails for it.
    private(set) var loadOutput: [UInt8] = []
    /// When it last had something to do, on the clock of ``LeaseClock``.
    private(set) var usedAt = LeaseClock.now

    private let loop: EventLoop
    private let connection: FrameConnection
    private let gone: () -> Void
    private var output: OutputPipe?
    private(set) var isLoaded = false
    private var isGone = false
    private var refusal: String?
    private var plan: ChildPlan
    private var idle: [ChildLink] = []
    private var forking = 0
    private var waiters: [Waiter] = []
    private var busy: [Int: ChildLink] = [:]
    private var idleDeaths = 0
    private var answers = AnswerWatch()

    init(
        path: String, slots: Int, socket: OwnedDescriptor, output: OwnedDescriptor, on loop: EventLoop,
        gone: @escaping () -> Void
    ) throws {
        self.path = path
        self.loop = loop
        self.gone = gone
        plan = ChildPlan(slots: slots)
        connection = FrameConnection(adopting: socket, on: loop)
        self.output = try OutputPipe(
            output, on: loop,
            received: { [self] bytes in if loadOutput.count < 64 << 10 { loadOutput += bytes } },
            ended: { [self] _ in self.output = nil })
        try connection.start(received: { [self] in received($0) }, closed: { [self] _ in closed() })
    }

    var isIdle: Bool { busy.isEmpty && waiters.isEmpty }

    /// Gives a child that waits for its attempt: at once if there is one.
    func child(_ waiter: @escaping Waiter) {
        usedAt = LeaseClock.now
        plan.sees(busy.count + waiters.count + 1)
        while let child = idle.popLast() {
            guard !child.isClosed else { continue }
            busy[child.pid] = child
            waiter(.success(child))
            // After the child has its order: it should not wait for a processor that forks its successors.
            return refill()
        }
        waiters.append(waiter)
        refill()
    }

    /// Sends a signal to the process group of a child that runs.
    func signal(_ child: ChildLink, _ number: CInt) {
        guard child.end == nil else { return }
        send(.signal(pid: child.pid, number: Int(number)))
    }

    func fade() {
        plan.fade(busy: busy.count)
        while idle.count > plan.target { idle.removeFirst().dismiss() }
        idleDeaths = 0
    }

    /// To be called at each tick. Says when the process stands still, once.
    func look() -> Bool {
        guard isLoaded, !isGone else { return false }
        switch answers.tick() {
        case .ask: send(.ping)
        case .wait: break
        case .silent: return true
        }
        return false
    }

    /// Ends the loaded runner and the children that wait.
    func close() {
        for child in idle { child.dismiss() }
        idle = []
        connection.close()
    }

    /// The runner says that the process has ended. Without a reason from itself that is why it cannot be used.
    func ended(_ end: ChildEnd, outOfMemory: Bool) {
        if refusal == nil, !isLoaded {
            refusal = DeathSentence.of("the DAG file's process, while it was loaded,", end, outOfMemory: outOfMemory)
        }
        output?.drain()
        closed()
    }

    /// Loading takes too long; the process is killed for it.
    func refuse(_ reason: String) { refusal = reason }

    /// The runner is gone, and this process with it.
    func runnerLost() {
        if refusal == nil { refusal = "the runner, from which all author code descends, was lost" }
        isLoaded = true
        closed()
    }

    private func received(_ frame: Frame) {
        answers.answered()
        switch try? LoadedRunnerReport(frame: frame.bytes) {
        case .loaded?:
            isLoaded = true
            refill()
        case .refused(let reason)?: refusal = reason
        case .child(let pid)? where frame.descriptors.count == 2: add(pid, frame.descriptors)
        case .forkFailed(let reason)?:
            forking -= 1
            for waiter in waiters.take() { waiter(.failure(AttemptFailure(.infrastructure, reason))) }
        case .ended(let pid, let end)?: ended(pid, end)
        case .pong?: break
        case .child?, nil: connection.close()
        }
    }

    private func add(_ pid: Int, _ descriptors: [OwnedDescriptor]) {
        forking -= 1
        guard
            let child = try? ChildLink(
                pid: pid, socket: descriptors[0], output: descriptors[1], on: loop, closed: { [self] in idleDied($0) })
        else { return }
        guard !waiters.isEmpty else { return idle.append(child) }
        busy[pid] = child
        waiters.removeFirst()(.success(child))
    }

    private func idleDied(_ child: ChildLink) {
        idle.removeAll { $0 === child }
        idleDeaths += 1
        // Something kills children as they wait; the next attempt asks again.
        if idleDeaths < 10 { refill() }
    }

    private func ended(_ pid: Int, _ end: ChildEnd) {
        usedAt = LeaseClock.now
        busy.removeValue(forKey: pid)?.ended(end)
    }

    private func refill() {
        guard isLoaded, !isGone else { return }
        let waiting = idle.count + forking
        let count = max(plan.refill(waiting: waiting), waiters.count - forking)
        guard count > 0 else { return }
        forking += count
        send(.fork(count: count))
    }

    private func send(_ order: LoadedRunnerOrder) { try? connection.send(order.frame) }

    /// The socket has ended; the runner's report may still tell why, and comes before or shortly after.
    private func closed() {
        connection.close()
        guard !isGone, isLoaded || refusal != nil else { return }
        isGone = true
        output?.drain()
        output?.close()
        gone()
        for child in idle { child.dismiss() }
        idle = []
        let lost = AttemptFailure(
            isLoaded ? .infrastructure : .task, refusal ?? "the process that had loaded the DAG file was lost")
        for waiter in waiters.take() { waiter(.failure(lost)) }
        for child in busy.take().values { child.ended(ChildEnd(code: nil, signal: nil)) }
    }
}

extension Array {
    /// Empties the array and returns what it had.
    mutating func take() -> [Element] {
        defer { self = [] }
        return self
    }
}

extension Dictionary {
    mutating func take() -> [Key: Value] {
        defer { self = [:] }
        return self
    }
}
