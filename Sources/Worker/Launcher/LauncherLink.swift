internal import Glibc
internal import Logging
internal import Supervision
internal import WorkerProtocol

/// The launcher as the supervisor sees it. Confined to the loop.
final class LauncherLink: @unchecked Sendable {
    // @unchecked: confined to the loop.

    /// What becomes of a program.
    struct Events {
        var started: (Int) -> Void = { _ in }
        /// It could not be started: one sentence.
        var failed: (String) -> Void
        var ended: (ChildEnd) -> Void
    }

    private let loop: EventLoop
    private let options: WorkerOptions
    private let lost: (ProcessExit) -> Void
    private let process: ChildProcess
    private let connection: FrameConnection
    private var programs: [UInt64: Events] = [:]
    private var lastID: UInt64 = 0
    private var answers = AnswerWatch()

    /// Starts the launcher.
    /// - Parameter lost: It has ended, whoever ended it; all that it had started is gone or about to go.
    init(_ options: WorkerOptions, lease: Int64, on loop: EventLoop, lost: @escaping (ProcessExit) -> Void) throws {
        self.options = options
        self.loop = loop
        self.lost = lost
        let (here, there) = try OwnedDescriptor.socketPair()
        process = try ChildProcess(
            ProgramLaunch(
                options.program, options.launcherCommand + [options.runner, "\(lease / 1_000_000)"],
                environment: ProcessEnvironment.ofWorkerParts(options), descriptors: [1: 2, 2: 2, 3: there.number]),
            on: loop)
        connection = FrameConnection(adopting: here, on: loop)
        try connection.start(received: { [self] in received($0) }, closed: { _ in })
        process.onExit { [self] in self.lost($0) }
    }

    var pid: Int32 { process.id }

    /// Starts a program. `descriptors` are those that the request numbers. Returns a number by which it can be stopped.
    func launch(_ request: LaunchRequest, _ descriptors: [OwnedDescriptor], _ events: Events) -> UInt64 {
        lastID += 1
        programs[lastID] = events
        do {
            try connection.send(LauncherOrder.launch(id: lastID, request).frame, descriptors: descriptors)
        } catch {
            programs.removeValue(forKey: lastID)?.failed("\(error)")
        }
        return lastID
    }

    func stop(_ id: UInt64, grace: Duration) {
        send(.stop(id: id, grace: max(0, Int(grace.wholeMilliseconds))))
    }

    func renew(until: Int64, attempts: [AttemptID]) { send(.renew(until: until, attempts: attempts)) }

    /// To be called at each tick. Kills a launcher that stands still, and says so.
    func look() -> Bool {
        switch answers.tick() {
        case .ask: send(.ping)
        case .wait: break
        case .silent: return process.signal(SIGKILL)
        }
        return false
    }

    /// Ends the launcher, which ends everything below it first.
    func close() { connection.close() }

    /// Ends the launcher and waits until it is gone.
    func closeAndWait() async {
        loop.performNow { [self] in connection.close() }
        _ = await process.waitForExit()
    }

    private func send(_ order: LauncherOrder) { try? connection.send(order.frame) }

    private func received(_ frame: Frame) {
        switch try? LauncherReport(frame: frame.bytes) {
        case .started(let id, let pid)?: programs[id]?.started(pid)
        case .failed(let id, let reason)?: programs.removeValue(forKey: id)?.failed(reason)
        case .ended(let id, let end)?: programs.removeValue(forKey: id)?.ended(end)
        case .pong?: answers.answered()
        case nil: connection.close()
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

/// What the worker's processes and programs see of its environment.
enum ProcessEnvironment {
    /// Marks everything that a worker has started, by its data folder, so that a new worker finds what a killed one left.
    static let workerVariable = "SLIPSTREAM_WORKER"

    /// The worker's own environment without what is Slipstream's, which may be secret.
    static func ofPrograms(_ options: WorkerOptions) -> [String: String] {
        var environment = current.filter { !$0.key.hasPrefix("SLIPSTREAM_") }
        environment[workerVariable] = options.dataFolder
        return environment
    }

    /// For launcher, runner and operator host.
    static func ofWorkerParts(_ options: WorkerOptions) -> [String: String] {
        var environment = ofPrograms(options)
        for name in ["SLIPSTREAM_DAGKIT", "SLIPSTREAM_PYTHON"] { environment[name] = current[name] }
        return environment
    }

    private static let current: [String: String] = {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            next += 1
        }
        return variables
    }()
}
