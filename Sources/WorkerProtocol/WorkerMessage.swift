/// What a worker says to the leader. One frame is one message.
public enum WorkerMessage: Sendable, Hashable {
    case hello(Hello)
    /// The attempts that this worker holds, running or with a result that is not acknowledged.
    case heartbeat(attempts: [AttemptID])
    /// The body began, at `at` microseconds since 1970 by the worker's clock.
    case started(AttemptID, at: Int64, pid: Int)
    case result(AttemptResult)
    /// Bytes of an attempt's log from `offset` on; `isLast` after the attempt's last byte.
    case log(AttemptID, AttemptToken, offset: Int64, bytes: [UInt8], isLast: Bool)
    /// A line of progress for people, or a metric: a JSON object.
    case progress(AttemptID, AttemptToken, json: [UInt8])
    case query(id: UInt64, AttemptID, AttemptToken, Query)
    /// The worker takes no further attempts and goes when those it has are done.
    case draining

    /// The first message on a connection.
    public struct Hello: Sendable, Hashable {
        public var version: UInt64
        /// The worker token.
        public var secret: String
        public var name: String
        /// Stays the same while the worker's process lives, so that a connection made anew is known.
        public var instance: UInt64
        public var slots: Int
        /// The attempts that this worker holds.
        public var attempts: [AttemptID]
        /// No process of a former worker of this name runs any more: its attempts are lost, without waiting for a lease.
        public var isSuccessor: Bool

        public init(
            secret: String, name: String, instance: UInt64, slots: Int, attempts: [AttemptID], isSuccessor: Bool = false
        ) {
            version = protocolVersion
            self.secret = secret
            self.name = name
            self.instance = instance
            self.slots = slots
            self.attempts = attempts
            self.isSuccessor = isSuccessor
        }
    }
}

extension WorkerMessage.Hello: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        let version = try reader.unsigned()
        guard version == protocolVersion else {
            throw WireError(reason: "the other side speaks version \(version); run the same release on both")
        }
        self.init(
            secret: try reader.string(), name: try reader.string(), instance: try reader.unsigned(),
            slots: try reader.int(), attempts: try reader.list { reader throws(WireError) in try reader.message() },
            isSuccessor: try reader.bool())
    }

    public func write(to writer: inout WireWriter) {
        writer.write(version)
        writer.write(secret)
        writer.write(name)
        writer.write(instance)
        writer.write(slots)
        writer.write(attempts) { $0.write($1) }
        writer.write(isSuccessor)
    }
}

extension WorkerMessage: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .hello(try reader.message())
        case 1: self = .heartbeat(attempts: try reader.list { reader throws(WireError) in try reader.message() })
        case 2: self = .started(try reader.message(), at: try reader.int64(), pid: try reader.int())
        case 3: self = .result(try reader.message())
        case 4:
            self = .log(
                try reader.message(), try reader.message(), offset: try reader.int64(), bytes: try reader.array(),
                isLast: try reader.bool())
        case 5: self = .progress(try reader.message(), try reader.message(), json: try reader.array())
        case 6:
            self = .query(
                id: try reader.unsigned(), try reader.message(), try reader.message(), try reader.message())
        case 7: self = .draining
        case let tag: throw WireError(reason: "unknown message \(tag) from a worker")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .hello(let hello):
            writer.write(UInt8(0))
            writer.write(hello)
        case .heartbeat(let attempts):
            writer.write(UInt8(1))
            writer.write(attempts) { $0.write($1) }
        case .started(let attempt, let at, let pid):
            writer.write(UInt8(2))
            writer.write(attempt)
            writer.write(at)
            writer.write(pid)
        case .result(let result):
            writer.write(UInt8(3))
            writer.write(result)
        case .log(let attempt, let token, let offset, let bytes, let isLast):
            writer.write(UInt8(4))
            writer.write(attempt)
            writer.write(token)
            writer.write(offset)
            writer.write(bytes)
            writer.write(isLast)
        case .progress(let attempt, let token, let json):
            writer.write(UInt8(5))
            writer.write(attempt)
            writer.write(token)
            writer.write(json)
        case .query(let id, let attempt, let token, let query):
            writer.write(UInt8(6))
            writer.write(id)
            writer.write(attempt)
            writer.write(token)
            writer.write(query)
        case .draining:
            writer.write(UInt8(7))
        }
    }
}
