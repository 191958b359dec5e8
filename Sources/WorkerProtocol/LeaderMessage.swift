/// What the leader says to a worker. One frame is one message.
public enum LeaderMessage: Sendable, Hashable {
    case welcome(Welcome)
    /// The connection is refused for good: one sentence.
    case refused(String)
    case dispatch(AttemptSpec)
    /// Stop the attempt; report its end as cancelled.
    case cancel(AttemptID, reason: String)
    /// The result is recorded, or can never be: forget it.
    case acknowledge(AttemptID)
    case heartbeatAnswer(HeartbeatAnswer)
    case answer(id: UInt64, QueryAnswer)
    /// So many of the log chunks that came on this connection, from its beginning, are kept: forget them.
    case logsKept(UInt64)

    public struct Welcome: Sendable, Hashable {
        public var epoch: Int64
        /// Milliseconds between two heartbeats.
        public var heartbeat: Int
        /// Milliseconds without any word from the leader after which the worker stops its attempts itself.
        public var lease: Int

        public init(epoch: Int64, heartbeat: Int, lease: Int) {
            self.epoch = epoch
            self.heartbeat = heartbeat
            self.lease = lease
        }
    }

    public enum HeartbeatAnswer: Sendable, Hashable {
        /// The leases are renewed, except those of `revoked`: stop these attempts, their results will be refused.
        case renewed(revoked: [AttemptID])
        /// The leader cannot reach its database: go on, nothing is revoked.
        case hold
    }
}

extension LeaderMessage: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0:
            self = .welcome(
                Welcome(epoch: try reader.int64(), heartbeat: try reader.int(), lease: try reader.int()))
        case 1: self = .refused(try reader.string())
        case 2: self = .dispatch(try reader.message())
        case 3: self = .cancel(try reader.message(), reason: try reader.string())
        case 4: self = .acknowledge(try reader.message())
        case 5:
            self = .heartbeatAnswer(
                .renewed(revoked: try reader.list { reader throws(WireError) in try reader.message() }))
        case 6: self = .heartbeatAnswer(.hold)
        case 7: self = .answer(id: try reader.unsigned(), try reader.message())
        case 8: self = .logsKept(try reader.unsigned())
        case let tag: throw WireError(reason: "unknown message \(tag) from the leader")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .welcome(let welcome):
            writer.write(UInt8(0))
            writer.write(welcome.epoch)
            writer.write(welcome.heartbeat)
            writer.write(welcome.lease)
        case .refused(let reason):
            writer.write(UInt8(1))
            writer.write(reason)
        case .dispatch(let spec):
            writer.write(UInt8(2))
            writer.write(spec)
        case .cancel(let attempt, let reason):
            writer.write(UInt8(3))
            writer.write(attempt)
            writer.write(reason)
        case .acknowledge(let attempt):
            writer.write(UInt8(4))
            writer.write(attempt)
        case .heartbeatAnswer(.renewed(let revoked)):
            writer.write(UInt8(5))
            writer.write(revoked) { $0.write($1) }
        case .heartbeatAnswer(.hold):
            writer.write(UInt8(6))
        case .answer(let id, let answer):
            writer.write(UInt8(7))
            writer.write(id)
            writer.write(answer)
        case .logsKept(let count):
            writer.write(UInt8(8))
            writer.write(count)
        }
    }
}
