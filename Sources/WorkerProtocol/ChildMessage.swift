/// What a task's child process, or a built-in operator in the operator host, says to its supervisor.
public enum ChildMessage: Sendable, Hashable {
    /// The body begins now; said when that is later than the order to run, because inputs had to be fetched.
    case started
    /// The end, with what the child used until then; the operator host leaves the usage to the supervisor.
    case result(AttemptOutcome, AttemptUsage)
    case query(id: UInt64, Query)
    case progress(json: [UInt8])
    /// What is told of the update of an asset, if the attempt succeeds.
    case outletEvent(OutletEvent)
}

/// What the supervisor says to a task's child process.
public enum SupervisorMessage: Sendable, Hashable {
    /// Run the attempt, with the folder of the version's helper files as working directory (empty for none).
    case run(AttemptSpec, files: String)
    case answer(id: UInt64, QueryAnswer)
}

extension ChildMessage: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .started
        case 1: self = .result(try reader.message(), try reader.message())
        case 2: self = .query(id: try reader.unsigned(), try reader.message())
        case 3: self = .progress(json: try reader.array())
        case 10: self = .outletEvent(try reader.message())
        case let tag: throw WireError(reason: "unknown message \(tag) from a task")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .started: writer.write(UInt8(0))
        case .result(let outcome, let usage):
            writer.write(UInt8(1))
            writer.write(outcome)
            writer.write(usage)
        case .query(let id, let query):
            writer.write(UInt8(2))
            writer.write(id)
            writer.write(query)
        case .progress(let json):
            writer.write(UInt8(3))
            writer.write(json)
        case .outletEvent(let event):
            writer.write(UInt8(10))
            writer.write(event)
        }
    }
}

extension SupervisorMessage: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .run(try reader.message(), files: try reader.string())
        case 1: self = .answer(id: try reader.unsigned(), try reader.message())
        case let tag: throw WireError(reason: "unknown message \(tag) from the supervisor")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .run(let spec, let files):
            writer.write(UInt8(0))
            writer.write(spec)
            writer.write(files)
        case .answer(let id, let answer):
            writer.write(UInt8(1))
            writer.write(id)
            writer.write(answer)
        }
    }
}
