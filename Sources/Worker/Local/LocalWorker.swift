package import Logging
internal import Supervision
package import WorkerProtocol

/// A worker without a leader: `dagctl dags test` runs the tasks of a DAG file with it, over the same launcher, runner and operator host
/// as in production.
///
/// ```swift
/// let worker = try await LocalWorker(options, log: log, peer: peer)
/// let result = try await worker.run(spec)
/// await worker.shutDown()
/// ```
package final class LocalWorker: Sendable {
    /// What a leader would do.
    package struct Peer: Sendable {
        /// Answers what an attempt asks for: outputs from memory, connections, the bytes of the compiled DAG file.
        package var answer: @Sendable (AttemptSpec, Query) async -> QueryAnswer
        /// Takes the next bytes of an attempt's log. All that was written before the result comes before it.
        package var log: @Sendable (AttemptSpec, [UInt8]) -> Void
        /// Takes a line of progress or a metric, a JSON object.
        package var progress: @Sendable (AttemptSpec, [UInt8]) -> Void

        package init(
            answer: @escaping @Sendable (AttemptSpec, Query) async -> QueryAnswer,
            log: @escaping @Sendable (AttemptSpec, [UInt8]) -> Void,
            progress: @escaping @Sendable (AttemptSpec, [UInt8]) -> Void = { _, _ in }
        ) {
            self.answer = answer
            self.log = log
            self.progress = progress
        }
    }

    private let loop: EventLoop
    private let supervisor: Supervisor
    private let leader: LocalLeader
    private let folder: DataFolderLock

    /// Starts a worker; `leader` and `token` of the options are not used.
    package init(_ options: WorkerOptions, log: Logger, peer: Peer) async throws {
        folder = try DataFolderLock(options.dataFolder)
        let loop = try EventLoop(name: "worker")
        self.loop = loop
        let leader = LocalLeader(peer, on: loop)
        self.leader = leader
        supervisor = try await loop.run {
            let supervisor = try Supervisor(options, on: loop, log: log) { leader.fail("\($0)") }
            supervisor.start { try leader.connection() }
            return supervisor
        }
    }

    /// Runs one attempt to its end. Cancelling the task stops the attempt, which then ends as cancelled.
    package func run(_ spec: AttemptSpec) async throws -> AttemptResult {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.performNow { [leader] in leader.dispatch(spec, continuation) }
            }
        } onCancel: {
            loop.perform { [leader] in leader.cancel(spec.id) }
        }
    }

    /// Ends everything that the worker has started.
    package func shutDown() async {
        await Task(executorPreference: loop) { [supervisor] in await supervisor.shutDown() }.value
        loop.shutdown()
        folder.release()
    }
}
