internal import Glibc
internal import Logging
internal import Supervision
internal import WorkerProtocol

/// The operator host as the supervisor sees it: started when it is first needed and again when it is lost. Confined to the loop.
final class HostLink {
    private let loop: EventLoop
    private let options: WorkerOptions
    private let launcher: LauncherLink
    private let log: Logger
    private let received: (HostReport) -> Void
    private let lost: (String) -> Void
    private let drained: () -> Void
    private var connection: FrameConnection?
    private var program: UInt64?
    private var killReason: String?
    private var answers = AnswerWatch()
    private(set) var pid = 0

    init(
        _ options: WorkerOptions, _ launcher: LauncherLink, log: Logger, on loop: EventLoop,
        received: @escaping (HostReport) -> Void, drained: @escaping () -> Void, lost: @escaping (String) -> Void
    ) {
        self.drained = drained
        self.options = options
        self.launcher = launcher
        self.log = log
        self.loop = loop
        self.received = received
        self.lost = lost
    }

    /// Whether more waits to be sent than the host takes in.
    var isCongested: Bool { (connection?.bufferedBytes ?? 0) > 1 << 20 }

    /// Sends an order; the host is started for it if it is not there. What is meant for a host that is lost is dropped with it.
    func send(_ order: HostOrder) {
        do {
            if case .run = order { try start() }
            try connection?.send(order.frame)
        } catch {
            log.error("an order to the operator host failed: \(error)")
            kill("\(error)")
        }
    }

    /// Kills the host; its attempts fail with the reason.
    func kill(_ reason: String) {
        killReason = reason
        guard let program else { return }
        launcher.stop(program, grace: .zero)
    }

    /// To be called at each tick. Kills a host that stands still, and says so.
    func look() -> Bool {
        guard connection != nil else { return false }
        switch answers.tick() {
        case .ask: send(.ping)
        case .wait: break
        case .silent:
            kill("the operator host did not answer any more and was killed")
            return true
        }
        return false
    }

    func close() {
        connection?.close()
        connection = nil
    }

    private func start() throws {
        guard connection == nil else { return }
        let (here, there) = try OwnedDescriptor.socketPair()
        let connection = FrameConnection(adopting: here, maximumFrame: FrameLimit.toWorker, on: loop)
        self.connection = connection
        killReason = nil
        answers = AnswerWatch()
        connection.limitReceived(to: FrameLimit.fromHost)
        try connection.start(
            received: { [self] in receive($0) }, drained: drained,
            closed: { [self] reason in
                if case .refused(let sentence) = reason { kill("the operator host: \(sentence)") }
            })
        let request = LaunchRequest(
            arguments: [options.program] + options.hostCommand + [options.dataFolder],
            environment: ProcessEnvironment.ofWorkerParts(options), folder: "", descriptors: [2, 3],
            outOfMemoryRank: 100)
        program = launcher.launch(
            request, [OwnedDescriptor(owning: dup(2)), there],
            LauncherLink.Events(
                started: { [self] in pid = $0 },
                failed: { [self] in ended("the operator host could not be started: \($0)") },
                ended: { [self] end in
                    ended(killReason ?? DeathSentence.of("the operator host", end, outOfMemory: false))
                }))
    }

    private func receive(_ frame: Frame) {
        do {
            let report = try HostReport(frame: frame.bytes)
            answers.answered()
            received(report)
        } catch {
            kill("the operator host cannot be understood: \(error)")
        }
    }

    /// The process is known to be gone: nothing of it can overlap with another attempt.
    private func ended(_ reason: String) {
        guard connection != nil else { return }
        close()
        program = nil
        log.error("\(reason); its attempts are lost")
        lost("\(reason), and this attempt with it")
    }
}
