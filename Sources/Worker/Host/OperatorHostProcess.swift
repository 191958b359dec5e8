internal import CPosix
internal import DAGModel
internal import Glibc
internal import HTTPClient
internal import Operators
internal import Supervision
internal import WorkerProtocol

/// The process in which built-in operators run, as async code: thousands of waits cost memory only. A trap in it costs the attempts
/// that it runs and nothing else.
package final class OperatorHostProcess: @unchecked Sendable {
    // @unchecked: `attempts` is confined to the loop.

    private let loop: EventLoop
    private let http: HTTPSession
    private let channel: HostChannel
    private let folders: RunFolders
    private var attempts: [AttemptID: (task: Task<Void, Never>, run: String)] = [:]

    /// The body of the hidden command: serves the supervisor behind file descriptor 3, and does not return.
    /// - Parameter arguments: What the supervisor gave after the command's name.
    package static func main(_ arguments: [String]) async -> Never {
        guard arguments.count == 1 else { exit(64) }
        cposix_name_thread("operator-host")
        // Its end comes from the launcher, not from a signal that is meant for the whole worker.
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
        do {
            let loop = try EventLoop(name: "operators")
            let host = OperatorHostProcess(loop, try await HTTPSession(on: loop), RunFolders(dataFolder: arguments[0]))
            host.folders.removeLeftovers()
            try await loop.run { try host.start() }
            while true {
                await host.pruneRuns()
                try await loop.sleep(for: .seconds(600))
            }
        } catch {
            StandardError.write("the operator host cannot start: \(error)")
            exit(1)
        }
    }

    private init(_ loop: EventLoop, _ http: HTTPSession, _ folders: RunFolders) {
        self.loop = loop
        self.http = http
        self.folders = folders
        channel = HostChannel(socket: OwnedDescriptor(owning: 3), on: loop)
    }

    private func start() throws {
        try channel.start(order: { [self] in obey($0) }, closed: { exit(0) })
    }

    private func obey(_ order: HostOrder) {
        switch order {
        case .run(let spec, let files): run(spec, files)
        case .cancel(let id): attempts[id]?.task.cancel()
        case .ping: channel.send(.pong)
        case .answer, .programOutput, .programFailed, .programEnded: return
        }
    }

    private func run(_ spec: AttemptSpec, _ files: String) {
        let task = Task { [self] in
            let outcome = await perform(spec, files)
            channel.send(.child(spec.id, .result(outcome, AttemptUsage())))
            loop.perform { [self] in attempts[spec.id] = nil }
        }
        attempts[spec.id] = (task, RunFolders.name(ofRunOf: spec))
    }

    /// Removes the folders of runs that nobody has used for long.
    private func pruneRuns() async {
        let folders = folders
        let entries = await loop.runBlocking { folders.entries() }
        let discarded = await loop.run { [self] in
            folders.discard(entries, inUse: Set(attempts.values.map { $0.run }), now: Int(WallClock.now / 1_000_000))
        }
        await loop.runBlocking { for path in discarded { FileSystem.remove(path) } }
    }

    private func perform(_ spec: AttemptSpec, _ files: String) async -> AttemptOutcome {
        do {
            let context = HostedContext(
                spec: spec, workFolder: try folders.make(forRunOf: spec), filesFolder: files.isEmpty ? nil : files,
                attemptFolder: try folders.make(for: spec), http: http, channel: channel, loop: loop)
            defer { folders.remove(for: spec) }
            let outcome = await BuiltInOperators.run(context)
            guard case .success(let output) = outcome, output.count > LargeOutput.threshold else { return outcome }
            return await context.keep(output)
        } catch {
            return .failed(AttemptFailure(.infrastructure, "the folders of the attempt could not be made: \(error)"))
        }
    }
}
