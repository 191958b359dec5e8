internal import Store
internal import Supervision
internal import WorkerProtocol

/// A worker's connection. Confined to the leader's loop.
struct WorkerPeer {
    let connection: FrameConnection
    let name: String
    /// Log chunks that came on this connection, and how many of them the worker knows to be kept.
    var logsReceived: UInt64 = 0
    var logsKept: UInt64 = 0
    /// The log store was asked to tell when it has what came.
    var isKeepingLogs = false
    /// Chunks of attempts that no longer run, until the database has told whose they are.
    var strangers: [AttemptID: [LogChunk]] = [:]

    init(connection: FrameConnection, name: String) {
        self.connection = connection
        self.name = name
    }

    func send(_ message: LeaderMessage) {
        // A frame that is too large for the connection would be a mistake of ours; a broken connection tells by itself.
        try? connection.send(message.frame)
    }
}
