internal import Supervision
internal import WorkerProtocol

/// A worker's connection. Confined to the leader's loop.
struct WorkerPeer {
    let connection: FrameConnection
    let name: String

    func send(_ message: LeaderMessage) {
        // A frame that is too large for the connection would be a mistake of ours; a broken connection tells by itself.
        try? connection.send(message.frame)
    }
}
