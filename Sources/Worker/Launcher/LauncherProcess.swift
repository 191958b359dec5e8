internal import CPosix
internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// The process that starts all programs of a worker, and ends them all when the supervisor is gone or silent.
///
/// It is a subreaper: whatever a program leaves behind becomes its child, so that nothing escapes it by going into the background.
package final class LauncherProcess {
    /// The environment variable that names the attempt to all processes that work for it.
    static let attemptVariable = "SLIPSTREAM_ATTEMPT_ID"

    private let loop: EventLoop
    private let runner: String
    private let supervisor: FrameConnection
    private var programs: [UInt64: LaunchedProgram] = [:]
    private var orphans = OrphanWatch()
    private var liveUntil: Int64

    /// Becomes the launcher if these are the arguments of its hidden command, and does not return then.
    ///
    /// To be called first thing in `main`, before anything starts a thread: the launcher has one thread and little memory.
    package static func becomeIfAsked(
        _ arguments: [String] = CommandLine.arguments, command: String = "worker-launcher"
    ) {
        guard arguments.count > 1, arguments[1] == command else { return }
        main(Array(arguments.dropFirst(2)))
    }

    /// The body of the hidden command: serves the supervisor behind file descriptor 3, and does not return.
    /// - Parameter arguments: What the supervisor gave after the command's name.
    package static func main(_ arguments: [String]) -> Never {
        guard arguments.count == 2, let lease = Int64(arguments[1]) else { exit(64) }
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
        _ = cposix_become_subreaper()
        cposix_name_thread("launcher")
        do {
            let loop = try EventLoop.onCurrentThread(name: "launcher")
            let launcher = LauncherProcess(loop, runner: arguments[0], lease: lease)
            try launcher.start()
            loop.run()
        } catch {
            StandardError.write("the launcher cannot start: \(error)")
        }
        exit(1)
    }

    private init(_ loop: EventLoop, runner: String, lease: Int64) {
        self.loop = loop
        self.runner = runner
        supervisor = FrameConnection(adopting: OwnedDescriptor(owning: 3), on: loop)
        liveUntil = LeaseClock.now + lease * 1_000_000
    }

    private func start() throws {
        try supervisor.start(received: { [self] in obey($0) }, closed: { [self] _ in end() })
        watch()
    }

    private func obey(_ frame: Frame) {
        switch try? LauncherOrder(frame: frame.bytes) {
        case .launch(let id, let request)?: launch(id, request, frame.descriptors)
        case .stop(let id, let grace)?: programs[id]?.stop(graceMilliseconds: grace)
        case .renew(let until, let attempts)?:
            liveUntil = until
            orphans.renew(attempts)
        case .ping?: report(.pong)
        // The supervisor is of the same release; whatever this is, it cannot be trusted further.
        case nil: end()
        }
    }

    private func launch(_ id: UInt64, _ request: LaunchRequest, _ descriptors: [OwnedDescriptor]) {
        do {
            let program = try LaunchedProgram(request, descriptors, trampoline: runner, on: loop)
            programs[id] = program
            report(.started(id: id, pid: Int(program.pid)))
            program.onEnd { [self] end in
                programs[id] = nil
                report(.ended(id: id, end))
            }
        } catch {
            report(.failed(id: id, "\(error)"))
        }
    }

    private func report(_ report: LauncherReport) { try? supervisor.send(report.frame) }

    /// Looks at the lease when it may have run out, and at orphans once a second.
    private func watch() {
        if LeaseClock.now >= liveUntil { end() }
        sweep()
        let rest = Duration.nanoseconds(max(0, liveUntil - LeaseClock.now))
        loop.schedule(after: min(rest + .milliseconds(1), .seconds(1))) { [self] in watch() }
    }

    private func sweep() {
        let known = Set(programs.values.map(\.pid))
        let strangers = ProcessTree.children(of: getpid()).filter { !known.contains($0) }
        let living = strangers.filter { waitpid($0, nil, WNOHANG) == 0 }
        let leftovers = orphans.leftovers(among: living) { pid in
            ProcessTree.environment(Self.attemptVariable, of: pid).flatMap(Int64.init).map(AttemptID.init(rawValue:))
        }
        for pid in leftovers {
            for process in ProcessTree.descendants(of: pid) + [pid] { kill(process, SIGKILL) }
        }
    }

    /// The supervisor is gone or silent: nothing may be left running.
    private func end() -> Never {
        ProcessTree.killDescendants()
        exit(0)
    }
}
