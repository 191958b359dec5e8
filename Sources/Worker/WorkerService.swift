package import Logging
internal import ServiceLifecycle
internal import Supervision
internal import WorkerProtocol

/// A worker: runs the attempts that a leader gives it. See ``WorkerOptions``.
///
/// ```swift
/// try await WorkerService(options, log: log).run()
/// ```
/// On graceful shutdown it takes no further attempts, lets those it has go on for ``WorkerOptions/drainTime``, stops the rest, and
/// hands over results and logs. When it is killed instead, nothing that it started is left running.
package struct WorkerService: Service {
    private let options: WorkerOptions
    private let log: Logger
    private let connect: (@Sendable (EventLoop) async throws -> FrameConnection)?

    package init(_ options: WorkerOptions, log: Logger) {
        self.init(options, log: log, connect: nil)
    }

    /// A worker that reaches its leader in another way than by ``WorkerOptions/leader``.
    init(
        _ options: WorkerOptions, log: Logger, connect: (@Sendable (EventLoop) async throws -> FrameConnection)?
    ) {
        self.options = options
        self.log = log
        self.connect = connect
    }

    /// Works until the service is shut down or its task is cancelled.
    ///
    /// - Throws: When the leader refuses the worker for good, the data folder is in use or cannot be written, or a part of the worker
    ///   cannot be started.
    package func run() async throws {
        let folder = try DataFolderLock(options.dataFolder)
        defer { folder.release() }
        Leftovers.kill(ofWorkerWith: options.dataFolder)
        let loop = try EventLoop(name: "worker")
        defer { loop.shutdown() }
        let (ends, ending) = AsyncStream.makeStream(of: Ending.self)
        let supervisor = try await loop.run { [self] in
            try Supervisor(options, on: loop, log: log) { ending.yield(.broken($0)) }
        }
        loop.perform { [self] in
            supervisor.start { [options] in
                if let connect { return try await connect(loop) }
                let endpoint = try await options.leader.find(token: options.token, on: loop)
                return try await FrameConnection.connect(to: endpoint, maximumFrame: FrameLimit.toWorker, on: loop)
            }
        }
        let reason = await withGracefulShutdownHandler {
            await ends.first { _ in true }
        } onGracefulShutdown: {
            ending.yield(.drain)
        }
        if reason == .drain { await drain(supervisor, on: loop) }
        await Task(executorPreference: loop) { await supervisor.shutDown() }.value
        if case .broken(let end)? = reason { throw end }
    }

    private enum Ending: Equatable { case drain, broken(WorkerEnd) }

    private func drain(_ supervisor: Supervisor, on loop: EventLoop) async {
        let (drained, done) = AsyncStream.makeStream(of: Void.self)
        loop.perform { [options] in
            supervisor.drain { done.finish() }
            loop.schedule(after: options.drainTime) { supervisor.stopAll() }
            loop.schedule(after: options.drainTime + options.stopGrace + .seconds(2)) { done.finish() }
        }
        for await _ in drained {}
    }
}
