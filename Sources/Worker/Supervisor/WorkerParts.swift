internal import Logging
internal import Supervision

/// The launcher and the two processes that it starts for the worker: they live and die together.
final class WorkerParts {
    let launcher: LauncherLink
    let runner: RunnerLink
    let host: HostLink
    /// Who hears of what happens to them; set once it exists.
    weak var supervisor: Supervisor? {
        get { receiver.supervisor }
        set { receiver.supervisor = newValue }
    }

    private let receiver = Receiver()

    private final class Receiver {
        weak var supervisor: Supervisor?
    }

    init(_ options: WorkerOptions, _ loop: EventLoop, _ log: Logger, lease: Int64) throws {
        let receiver = receiver
        launcher = try LauncherLink(options, lease: lease, on: loop) { receiver.supervisor?.launcherLost($0) }
        runner = RunnerLink(options, launcher, log: log, on: loop)
        host = HostLink(
            options, launcher, log: log, on: loop, received: { receiver.supervisor?.received($0) },
            drained: { receiver.supervisor?.hostDrained() }, lost: { receiver.supervisor?.hostLost($0) })
    }
}
