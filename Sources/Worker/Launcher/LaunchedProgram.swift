internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// A program that the launcher has started, in a process group of its own.
final class LaunchedProgram {
    private let loop: EventLoop
    private let process: ChildProcess
    private var killTimer: Timer?

    var pid: pid_t { process.id }

    /// - Parameter trampoline: `slipstream-runner`, which becomes the program after it has tied its life to the launcher's.
    init(_ request: LaunchRequest, _ descriptors: [OwnedDescriptor], trampoline: String, on loop: EventLoop) throws {
        self.loop = loop
        try request.check()
        var environment = request.environment
        if let attempt = request.attempt { environment[LauncherProcess.attemptVariable] = attempt.description }
        var targets: [CInt: CInt] = [:]
        for (target, source) in zip(request.descriptors, descriptors) { targets[CInt(target)] = source.number }
        process = try ChildProcess(
            ProgramLaunch(
                trampoline, ["exec", "\(getpid())", "\(request.outOfMemoryRank)"] + request.arguments,
                environment: environment, workingDirectory: request.folder.isEmpty ? nil : request.folder,
                descriptors: targets, killsGroupAtExit: true),
            on: loop)
    }

    func onEnd(_ closure: @escaping (ChildEnd) -> Void) {
        process.onExit { [self] exit in
            killTimer?.cancel()
            closure(ChildEnd(exit))
        }
    }

    func stop(graceMilliseconds grace: Int) {
        guard grace > 0 else {
            process.signalGroup(SIGKILL)
            return
        }
        process.signalGroup(SIGTERM)
        killTimer?.cancel()
        killTimer = loop.schedule(after: .milliseconds(grace)) { [self] in _ = process.signalGroup(SIGKILL) }
    }
}

/// Why a program was not started: one sentence.
struct LaunchRefused: Error, CustomStringConvertible {
    let description: String
}

extension LaunchRequest {
    /// Says beforehand what would otherwise be an exit code of the trampoline.
    fileprivate func check() throws(LaunchRefused) {
        guard let name = arguments.first, !name.isEmpty else { throw LaunchRefused(description: "no program is named") }
        if !folder.isEmpty, access(folder, X_OK) != 0 {
            throw LaunchRefused(
                description: "could not start \(name) in the folder \(folder): \(String(cString: strerror(errno)))")
        }
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        let places = name.contains("/") ? [absolute(name)] : folders.map { "\($0)/\(name)" }
        if places.contains(where: { access($0, X_OK) == 0 }) { return }
        let reason =
            name.contains("/")
            ? String(cString: strerror(errno))
            : "it is in none of the folders of PATH (\(folders.joined(separator: ":")))"
        throw LaunchRefused(description: "could not start \(name): \(reason)")
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }
}

extension ChildEnd {
    init(_ exit: ProcessExit) {
        let cpu = exit.userTime + exit.systemTime
        let (seconds, attoseconds) = cpu.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        let resident = Int64(exit.maximumResidentBytes / 1_024)
        switch exit.cause {
        case .exited(let code): self.init(code: Int(code), signal: nil, cpu: microseconds, maxResidentKiB: resident)
        case .signalled(let signal, _):
            self.init(code: nil, signal: Int(signal), cpu: microseconds, maxResidentKiB: resident)
        }
    }
}
