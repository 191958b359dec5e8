internal import Supervision
internal import WorkerProtocol

/// The other end of a local worker's connection, in the same process. Confined to the loop.
final class LocalLeader: @unchecked Sendable {
    // @unchecked: confined to the loop.

    private struct Running {
        let spec: AttemptSpec
        let continuation: CheckedContinuation<AttemptResult, any Error>
    }

    private let loop: EventLoop
    private let peer: LocalWorker.Peer
    private var worker: FrameConnection?
    private var running: [AttemptID: Running] = [:]
    private var ended: [AttemptID: AttemptSpec] = [:]
    private var isWelcome = false
    private var logsReceived: UInt64 = 0

    init(_ peer: LocalWorker.Peer, on loop: EventLoop) {
        self.peer = peer
        self.loop = loop
    }

    /// The worker's end of a new connection. From anywhere.
    @Sendable func connection() throws -> FrameConnection {
        let (here, there) = try OwnedDescriptor.socketPair()
        loop.performNow { [self] in
            let worker = FrameConnection(adopting: here, maximumFrame: FrameLimit.toWorker, on: loop)
            (self.worker, logsReceived) = (worker, 0)
            do { try worker.start(received: { [self] in received($0) }, closed: { _ in }) } catch { fail("\(error)") }
        }
        return FrameConnection(adopting: there, maximumFrame: FrameLimit.toWorker, on: loop)
    }

    func dispatch(_ spec: AttemptSpec, _ continuation: CheckedContinuation<AttemptResult, any Error>) {
        running[spec.id] = Running(spec: spec, continuation: continuation)
        if isWelcome { send(.dispatch(spec)) }
    }

    func cancel(_ id: AttemptID) { send(.cancel(id, reason: "the run was cancelled")) }

    /// The worker cannot go on.
    func fail(_ reason: String) {
        for attempt in running.values { attempt.continuation.resume(throwing: LocalWorkerError(description: reason)) }
        running = [:]
    }

    private func received(_ frame: Frame) {
        do { try obey(WorkerMessage(frame: frame.bytes)) } catch { fail("\(error)") }
    }

    private func obey(_ message: WorkerMessage) throws {
        switch message {
        case .hello:
            // Nothing here can be out of reach, so the lease is as good as endless.
            send(.welcome(LeaderMessage.Welcome(epoch: 1, heartbeat: 1_000, lease: 60_000)))
            isWelcome = true
            for attempt in running.values.sorted(by: { $0.spec.id < $1.spec.id }) { send(.dispatch(attempt.spec)) }
        case .heartbeat: send(.heartbeatAnswer(.renewed(revoked: [])))
        case .log(let id, _, _, let bytes, _):
            if let spec = spec(id), !bytes.isEmpty { peer.log(spec, bytes) }
            logsReceived += 1
            send(.logsKept(logsReceived))
        case .progress(let id, _, let json): if let spec = spec(id) { peer.progress(spec, json) }
        case .query(let id, let attempt, _, let query): answer(id, attempt, query)
        case .result(let result):
            send(.acknowledge(result.attempt))
            guard let attempt = running.removeValue(forKey: result.attempt) else { return }
            ended[result.attempt] = attempt.spec
            attempt.continuation.resume(returning: result)
        case .started, .draining: return
        }
    }

    private func answer(_ id: UInt64, _ attempt: AttemptID, _ query: Query) {
        guard let spec = spec(attempt) else { return }
        Task { [self] in
            let answer = await peer.answer(spec, query)
            loop.perform { [self] in send(.answer(id: id, answer)) }
        }
    }

    private func spec(_ id: AttemptID) -> AttemptSpec? { running[id]?.spec ?? ended[id] }

    private func send(_ message: LeaderMessage) {
        do { try worker?.send(message.frame) } catch { fail("\(error)") }
    }
}

/// A local worker that cannot go on: one sentence.
package struct LocalWorkerError: Error, CustomStringConvertible {
    package let description: String
}
