import Supervision
import Testing

/// A connection whose events a test can wait for. Lives on the loop.
final class Peer: @unchecked Sendable {
    let connection: FrameConnection
    private var arrived: [Frame] = []
    private var reason: FrameConnection.CloseReason?
    private var drains = 0
    private var waiters: [() -> Bool] = []

    init(_ connection: FrameConnection) throws {
        self.connection = connection
        try connection.start(
            received: { [self] in
                arrived.append($0)
                changed()
            },
            drained: { [self] in
                drains += 1
                changed()
            },
            closed: { [self] in
                #expect(reason == nil, "closed was called twice")
                reason = $0
                changed()
            })
    }

    /// Two connected peers.
    static func pair(on loop: EventLoop) throws -> (Peer, Peer) {
        let (left, right) = try OwnedDescriptor.socketPair()
        return (
            try Peer(FrameConnection(adopting: left, on: loop)), try Peer(FrameConnection(adopting: right, on: loop))
        )
    }

    /// A peer that answers each frame with the same.
    static func echoing(_ connection: FrameConnection) {
        do {
            try connection.start(
                received: { frame in
                    do { try connection.send(frame.bytes) } catch { Issue.record(error) }
                }, closed: { _ in })
        } catch { Issue.record(error) }
    }

    func frames(_ count: Int) async -> [Frame] {
        await wait { self.arrived.count >= count }
        defer { arrived.removeFirst(count) }
        return Array(arrived.prefix(count))
    }

    func closed() async -> FrameConnection.CloseReason {
        await wait { self.reason != nil }
        return reason ?? .closedHere
    }

    func drained() async {
        let before = connection.bufferedBytes == 0 ? drains - 1 : drains
        await wait { self.drains > before }
    }

    func nextTurn() async {
        await withCheckedContinuation { continuation in connection.loop.atEndOfTurn { continuation.resume() } }
    }

    private func wait(until condition: @escaping () -> Bool) async {
        if condition() { return }
        await withCheckedContinuation { continuation in
            waiters.append {
                guard condition() else { return false }
                continuation.resume()
                return true
            }
        }
    }

    private func changed() { waiters.removeAll { $0() } }
}
