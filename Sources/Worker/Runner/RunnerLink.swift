internal import Glibc
internal import Logging
internal import Supervision
internal import WorkerProtocol

/// The runner as the supervisor sees it, and through it all author code. Started when it is first needed and again whenever it is
/// lost. Confined to the loop.
final class RunnerLink {
    private let loop: EventLoop
    private let options: WorkerOptions
    private let launcher: LauncherLink
    private let log: Logger
    private var connection: FrameConnection?
    private var program: UInt64?
    private var loaded: [UInt64: LoadedRunnerLink] = [:]
    private var byPath: [String: UInt64] = [:]
    private var lastID: UInt64 = 0
    private var outOfMemory = OutOfMemoryWatch()
    private var isClosed = false
    private var answers = AnswerWatch()

    init(_ options: WorkerOptions, _ launcher: LauncherLink, log: Logger, on loop: EventLoop) {
        self.options = options
        self.launcher = launcher
        self.log = log
        self.loop = loop
    }

    /// Starts the runner, so that the first attempt need not wait for it.
    func start() throws {
        guard connection == nil else { return }
        let (here, there) = try OwnedDescriptor.socketPair()
        let connection = FrameConnection(adopting: here, on: loop)
        self.connection = connection
        answers = AnswerWatch()
        try connection.start(received: { [self] in received($0) }, closed: { [self] _ in lost(connection) })
        var environment = ProcessEnvironment.ofWorkerParts(options)
        // Symbols are looked up once, in the runner, and not in each of the children that it forks.
        environment["LD_BIND_NOW"] = "1"
        let request = LaunchRequest(
            arguments: [options.runner, "serve"], environment: environment, folder: "", descriptors: [2, 3])
        program = launcher.launch(
            request, [OwnedDescriptor(owning: dup(2)), there],
            LauncherLink.Events(
                failed: { [self] reason in
                    log.error("the runner cannot be started: \(reason)")
                    connection.close()
                },
                ended: { [self] end in log.warning("\(DeathSentence.of("the runner", end, outOfMemory: false))") }))
    }

    /// The loaded runner of a DAG file, started if there is none.
    func loadedRunner(of path: String) throws -> LoadedRunnerLink {
        if let id = byPath[path], let found = loaded[id] { return found }
        try start()
        lastID += 1
        let id = lastID
        let (here, there) = try OwnedDescriptor.socketPair()
        let (output, input) = try OwnedDescriptor.pipe()
        let link = try LoadedRunnerLink(path: path, slots: options.slots, socket: here, output: output, on: loop) {
            [self] in
            loaded[id] = nil
            if byPath[path] == id { byPath[path] = nil }
        }
        loaded[id] = link
        byPath[path] = id
        try connection?.send(RunnerOrder.load(id: id, path: path).frame, descriptors: [there, input])
        loop.schedule(after: options.loadTime) { [self] in loadTimePassed(id) }
        return link
    }

    /// Lets go of DAG files that nobody has run for a while, and of children that are no longer needed.
    func tidy(now: Int64) {
        let idleSince = now - options.idleTime.wholeMilliseconds * 1_000_000
        for link in loaded.values {
            link.fade()
            if link.isIdle, link.usedAt < idleSince { link.close() }
        }
    }

    /// To be called at each tick. Kills what stands still, the runner or one that has loaded a DAG file, and says what.
    func look() -> [String] {
        guard let connection, let program else { return [] }
        var silent: [String] = []
        switch answers.tick() {
        case .ask: try? connection.send(RunnerOrder.ping.frame)
        case .wait: break
        case .silent:
            // Its end closes the socket, and the processes below it go with it.
            launcher.stop(program, grace: .zero)
            silent.append("the runner")
        }
        for (id, link) in loaded where link.look() {
            try? connection.send(RunnerOrder.kill(id: id).frame)
            silent.append("the process that has loaded \(link.path)")
        }
        return silent
    }

    /// The launcher is gone, and the runner with it.
    func close() {
        isClosed = true
        connection?.close()
    }

    private func loadTimePassed(_ id: UInt64) {
        guard let link = loaded[id], !link.isLoaded else { return }
        link.refuse(
            "the DAG file was not loaded within \(options.loadTime): body() and global values must not wait or compute")
        try? connection?.send(RunnerOrder.kill(id: id).frame)
    }

    private func received(_ frame: Frame) {
        answers.answered()
        guard case .ended(let id, let end)? = try? RunnerReport(frame: frame.bytes) else { return }
        loaded[id]?.ended(end, outOfMemory: end.signal == Int(SIGKILL) && outOfMemory.hasKilled())
    }

    private func lost(_ connection: FrameConnection) {
        guard self.connection === connection else { return }
        self.connection = nil
        for link in loaded.values { link.runnerLost() }
        if !isClosed, let program { launcher.stop(program, grace: .zero) }
    }
}
