internal import Logging
internal import Supervision
internal import WorkerProtocol

/// The connection to the leader: made again whenever it breaks, after a growing pause. Confined to the supervisor's loop.
final class LeaderLink: @unchecked Sendable {
    // @unchecked: confined to the loop.

    /// What the link tells its supervisor.
    struct Events {
        var hello: () -> WorkerMessage
        var received: (LeaderMessage) -> Void
        var lost: () -> Void
        /// There is no use in asking again.
        var refused: (WorkerEnd) -> Void
    }

    private static let shortestPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)

    private let loop: EventLoop
    private let log: Logger
    private let connect: @Sendable () async throws -> FrameConnection
    private let events: Events
    private var connection: FrameConnection?
    private var pause = shortestPause
    private var isStopped = false
    private var lastProblem = ""

    init(
        on loop: EventLoop, log: Logger, events: Events,
        connect: @escaping @Sendable () async throws -> FrameConnection
    ) {
        self.loop = loop
        self.log = log
        self.events = events
        self.connect = connect
    }

    /// Bytes that wait until the leader reads them.
    var bufferedBytes: Int { connection?.bufferedBytes ?? 0 }

    func start() {
        Task(executorPreference: loop) { [self] in
            do {
                let connection = try await connect()
                loop.performNow { self.opened(connection) }
            } catch let end as WorkerEnd {
                loop.performNow { self.refused(end) }
            } catch {
                loop.performNow { self.ended("\(error)") }
            }
        }
    }

    /// Sends a message if there is a connection; nothing is kept for later here.
    func send(_ message: WorkerMessage) { send(message.frame) }

    private func send(_ frame: [UInt8]) {
        do { try connection?.send(frame) } catch { log.error("a message to the leader was dropped: \(error)") }
    }

    /// Whatever is on its way in is void: closes the connection and makes a new one.
    func reconnect() { connection?.close() }

    /// Sends what waits, and ends.
    func stop() {
        isStopped = true
        connection?.finish()
    }

    private func opened(_ connection: FrameConnection) {
        guard !isStopped else { return }
        do {
            try connection.start(
                received: { [self] in received($0) },
                closed: { [self] reason in
                    self.connection = nil
                    events.lost()
                    ended("\(reason)")
                })
            self.connection = connection
            send(events.hello())
        } catch {
            ended("\(error)")
        }
    }

    private func received(_ frame: Frame) {
        do {
            let message = try LeaderMessage(frame: frame.bytes)
            if case .welcome = message { (pause, lastProblem) = (Self.shortestPause, "") }
            events.received(message)
        } catch {
            log.error("the leader sent something that cannot be read, connecting anew: \(error)")
            connection?.close()
        }
    }

    private func refused(_ end: WorkerEnd) {
        guard !isStopped else { return }
        isStopped = true
        events.refused(end)
    }

    private func ended(_ reason: String) {
        guard !isStopped else { return }
        if reason != lastProblem { log.warning("no connection to the leader: \(reason)") }
        lastProblem = reason
        let jitter = Duration.milliseconds(Int.random(in: 0...20))
        loop.schedule(after: pause + jitter) { [self] in if !isStopped { start() } }
        pause = min(pause * 2, Self.longestPause)
    }
}
