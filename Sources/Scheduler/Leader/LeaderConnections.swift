internal import Supervision
internal import WorkerProtocol

/// The listening socket of a scheduler. Connections that come before the leader has read its runs wait. Confined to the loop.
final class LeaderConnections {
    private let loop: EventLoop
    private var listener: FrameListener?
    private var accept: ((FrameConnection) -> Void)?
    private var waiting: [FrameConnection] = []

    init(loop: EventLoop) { self.loop = loop }

    func listen(_ endpoint: SocketEndpoint) async throws -> SocketEndpoint {
        let listener = try await FrameListener.listen(
            on: endpoint, maximumFrame: FrameLimit.toWorker, loop: loop
        ) { [self] connection in
            if let accept { accept(connection) } else { waiting.append(connection) }
        }
        self.listener = listener
        return listener.endpoint
    }

    func accept(_ body: @escaping (FrameConnection) -> Void) {
        accept = body
        for connection in waiting { body(connection) }
        waiting.removeAll()
    }

    func close() {
        listener?.close()
        for connection in waiting { connection.close() }
    }
}
