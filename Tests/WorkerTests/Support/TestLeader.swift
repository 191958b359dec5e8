import Foundation
import Supervision
import Testing
import WorkerProtocol

/// A leader that does what a test says, on a real socket: it remembers all that the worker says.
actor TestLeader {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let endpoint: SocketEndpoint
    nonisolated let token = "test token"

    private let heartbeat: Int
    private let lease: Int
    private var listener: FrameListener?
    private var worker: FrameConnection?
    private var answers: [Query: QueryAnswer] = [:]
    private var waiters: [(match: (WorkerMessage) -> Bool, continuation: CheckedContinuation<WorkerMessage, Never>)] =
        []
    private var epoch: Int64 = 0
    /// Chunks that came on this connection.
    private var logsReceived: UInt64 = 0

    /// Everything heard since the last ``forget()``, in order.
    private(set) var heard: [WorkerMessage] = []
    private(set) var logs: [AttemptID: [UInt8]] = [:]
    /// Counted, not kept, for very long logs.
    private(set) var logBytes: [AttemptID: Int64] = [:]
    var keepsLogs = true
    var acknowledges = true
    var confirmsLogs = true
    var answersHeartbeats = true
    var holds = false
    var revoked: [AttemptID] = []

    init(endpoint: SocketEndpoint, heartbeat: Int = 1_000, lease: Int = 20_000) throws {
        loop = try EventLoop(name: "leader")
        self.endpoint = endpoint
        self.heartbeat = heartbeat
        self.lease = lease
    }

    /// Begins to listen.
    func listen() async throws {
        listener = try await FrameListener.listen(on: endpoint, loop: loop) { [weak self] connection in
            self?.assumeIsolated { $0.accepted(connection) }
        }
    }

    /// Goes away: nothing listens any more, and the worker's connection breaks.
    func leave() {
        listener?.close()
        listener = nil
        worker?.close()
        worker = nil
    }

    func close() {
        leave()
        loop.stop()
    }

    func answer(_ query: Query, with answer: QueryAnswer) { answers[query] = answer }
    func change(_ body: @Sendable (isolated TestLeader) -> Void) { body(self) }
    func dispatch(_ spec: AttemptSpec) { send(.dispatch(spec)) }
    func send(_ message: LeaderMessage) { try? worker?.send(message.frame) }

    /// The first message, of the past or to come, that matches.
    func hears(_ match: @escaping @Sendable (WorkerMessage) -> Bool) async -> WorkerMessage {
        if let found = heard.first(where: match) { return found }
        return await withCheckedContinuation { waiters.append((match, $0)) }
    }

    func forget() { heard = [] }

    /// Forgets the logs too, as a leader that takes over.
    func forgetAll() { (heard, logs, logBytes) = ([], [:], [:]) }

    /// The result of an attempt, once it is here.
    func result(of id: AttemptID) async -> AttemptResult {
        let message = await hears { if case .result(let result) = $0 { result.attempt == id } else { false } }
        guard case .result(let result) = message else { fatalError("not a result") }
        return result
    }

    /// Waits for so many heartbeats from now on.
    func heartbeats(_ count: Int) async {
        for _ in 0..<count {
            forget()
            _ = await hears { if case .heartbeat = $0 { true } else { false } }
        }
    }

    /// Waits until the log of an attempt is complete.
    func completeLog(of id: AttemptID) async -> [UInt8] {
        _ = await hears { if case .log(id, _, _, _, true) = $0 { true } else { false } }
        return logs[id] ?? []
    }

    private func accepted(_ connection: FrameConnection) {
        (worker, logsReceived) = (connection, 0)
        try? connection.start(
            received: { [weak self] frame in self?.assumeIsolated { $0.received(frame) } }, closed: { _ in })
    }

    private func received(_ frame: Frame) {
        do { try hear(WorkerMessage(frame: frame.bytes)) } catch {
            Issue.record("the worker said something unreadable: \(error)")
        }
    }

    private func hear(_ message: WorkerMessage) {
        var message = message
        switch message {
        case .hello(let hello):
            #expect(hello.secret == token)
            epoch += 1
            send(.welcome(LeaderMessage.Welcome(epoch: epoch, heartbeat: heartbeat, lease: lease)))
        case .heartbeat:
            if answersHeartbeats { send(.heartbeatAnswer(holds ? .hold : .renewed(revoked: revoked))) }
        case .log(let id, let token, let offset, let bytes, let isLast):
            logsReceived += 1
            if confirmsLogs { send(.logsKept(logsReceived)) }
            let known = logBytes[id] ?? 0
            #expect(offset <= known, "a gap in the log of \(id)")
            let new = bytes.dropFirst(Int(known - offset))
            logBytes[id] = known + Int64(new.count)
            if keepsLogs {
                logs[id, default: []] += new
            } else {
                message = .log(id, token, offset: offset, bytes: [], isLast: isLast)
            }
        case .query(let id, _, _, let query):
            send(.answer(id: id, answers[query] ?? .refused("there is no \(query)")))
        case .result(let result): if acknowledges { send(.acknowledge(result.attempt)) }
        case .started, .progress, .draining: break
        }
        remember(message)
    }

    private func remember(_ message: WorkerMessage) {
        if case .log(_, _, _, _, false) = message, !keepsLogs { return }
        heard.append(message)
        let served = waiters.enumerated().filter { $0.element.match(message) }
        for (index, waiter) in served.reversed() {
            waiters.remove(at: index)
            waiter.continuation.resume(returning: message)
        }
    }
}
