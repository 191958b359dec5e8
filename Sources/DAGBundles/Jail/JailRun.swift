internal import Glibc
internal import Supervision

/// One program in a jail, from its start until nothing of it is left.
///
/// It is over when the process has ended and all pipes are at their end: the last one is held by the first process of the jail,
/// which the kernel lets die only after all others in it.
final class JailRun: @unchecked Sendable {
    // @unchecked: confined to the loop.
    private let loop: EventLoop
    private let limits: JailLimits
    private let finished: (Result<JailResult, any Error>) -> Void
    private var process: ChildProcess?
    private var exit: ProcessExit?
    private var timer: Timer?
    private var pipes: [JailPipe] = []
    private var verdict: JailResult.Ending?

    static func run(_ command: JailCommand, _ mode: JailMode, account: UInt32, on loop: EventLoop) async throws
        -> JailResult
    {
        let cancellation = JailCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.performNow {
                    let run = JailRun(command.limits, loop) { continuation.resume(with: $0) }
                    run.start(command, mode, account)
                    cancellation.attach(run)
                }
            }
        } onCancel: {
            loop.perform { cancellation.cancel() }
        }
    }

    private init(
        _ limits: JailLimits, _ loop: EventLoop, finished: @escaping (Result<JailResult, any Error>) -> Void
    ) {
        self.limits = limits
        self.loop = loop
        self.finished = finished
    }

    private func start(_ command: JailCommand, _ mode: JailMode, _ account: UInt32) {
        do {
            let output = try OwnedDescriptor.pipe(), error = try OwnedDescriptor.pipe()
            let filter = try OwnedDescriptor.pipe(), sync = try OwnedDescriptor.pipe()
            try write(JailFilter(allowsProcesses: limits.processes > 1).bytes, to: filter.write)
            let words = mode.words(for: command, account: account, filter: 9, sync: 10, machine: .current)
            var environment = command.environment
            environment["PATH"] = environment["PATH"] ?? "/usr/bin:/bin"
            let descriptors: [CInt: CInt] = [
                1: output.write.number, 2: error.write.number, 9: filter.read.number, 10: sync.write.number,
            ]
            let launch = ProgramLaunch(
                words[0], Array(words.dropFirst()), environment: environment,
                workingDirectory: mode == .none ? command.workingDirectory ?? "/" : "/",
                descriptors: mode == .none ? descriptors.filter { $0.key < 3 } : descriptors, killsGroupAtExit: true)
            let process = try ChildProcess(launch, on: loop)
            for end in [output.write, error.write, filter.read, sync.write] { end.close() }
            self.process = process
            process.onExit { self.ended($0) }
            timer = loop.schedule(after: .seconds(limits.wallTime)) { self.kill(.timedOut) }
            pipes = [
                try collect(output.read, limits.standardOutput), try collect(error.read, limits.standardError),
                try collect(sync.read, 0),
            ]
        } catch {
            process?.signalGroup(SIGKILL)
            finished(.failure(BundleError(.local, "a jail cannot be started: \(error)")))
        }
    }

    /// Ends the program at once, and says why.
    func kill(_ verdict: JailResult.Ending) {
        guard exit == nil else { return }
        self.verdict = self.verdict ?? verdict
        process?.signalGroup(SIGKILL)
    }

    private func write(_ bytes: [UInt8], to descriptor: OwnedDescriptor) throws {
        guard Glibc.write(descriptor.number, bytes, bytes.count) == bytes.count else {
            throw SystemError("hand the filter to the jail")
        }
        descriptor.close()
    }

    private func collect(_ descriptor: OwnedDescriptor, _ limit: Int) throws -> JailPipe {
        try JailPipe(descriptor, limit: limit, on: loop) { [self] event in
            if event == .overflowed { kill(.wroteTooMuch) } else { finishIfOver() }
        }
    }

    private func ended(_ exit: ProcessExit) {
        self.exit = exit
        timer?.cancel()
        // Without a jail, a process that left the group may hold the pipes open for ever.
        timer = loop.schedule(after: .seconds(1)) { for pipe in self.pipes { pipe.end() } }
        finishIfOver()
    }

    private func finishIfOver() {
        guard let exit, pipes.count == 3, pipes.allSatisfy(\.isAtEnd) else { return }
        let output = pipes[0].bytes, error = String(decoding: pipes[1].bytes, as: UTF8.self)
        pipes = []
        timer?.cancel()
        finished(
            .success(JailResult(ending: verdict ?? ending(exit), standardOutput: output, standardError: error)))
    }

    /// bubblewrap, as a shell, turns signals into codes above 128.
    private func ending(_ exit: ProcessExit) -> JailResult.Ending {
        switch exit.cause {
        case .signalled(let signal, _): .signalled(signal)
        case .exited(let code) where code > 128 && code < 160: .signalled(code - 128)
        case .exited(let code): .exited(code: code)
        }
    }
}

/// Leads from a cancelled task to its run.
private final class JailCancellation: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private var run: JailRun?
    private var isCancelled = false

    func attach(_ run: JailRun) {
        self.run = run
        if isCancelled { cancel() }
    }

    /// A task that is cancelled already comes here before its run has started.
    func cancel() {
        isCancelled = true
        run?.kill(.signalled(SIGKILL))
    }
}
