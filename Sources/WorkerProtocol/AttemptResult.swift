public import DAGModel

/// How one attempt ended, as its worker saw it.
public struct AttemptResult: Sendable, Hashable {
    public var attempt: AttemptID
    public var token: AttemptToken
    public var outcome: AttemptOutcome
    public var usage: AttemptUsage
    /// What a success tells of the assets that it updated; assets that are not mentioned are updated too.
    public var outletEvents: [OutletEvent]

    public init(
        attempt: AttemptID, token: AttemptToken, outcome: AttemptOutcome, usage: AttemptUsage = AttemptUsage(),
        outletEvents: [OutletEvent] = []
    ) {
        self.attempt = attempt
        self.token = token
        self.outcome = outcome
        self.usage = usage
        self.outletEvents = outletEvents
    }
}

public enum AttemptOutcome: Sendable, Hashable {
    /// The body returned; `output` is its value as JSON, empty for a task without a value.
    case success(output: [UInt8])
    /// The body returned; its value is above ``DAGModel/LargeOutput/threshold``, and its parts are kept already.
    case kept(LargeOutput)
    /// The task says that it has nothing to do in this run.
    case skipped(reason: String)
    /// The body threw, the program exited with an error, or the attempt was stopped.
    case failed(AttemptFailure)
    /// The attempt gave its slot back, and goes on when what it waits for has come.
    case suspended(Suspension)
}

extension AttemptOutcome {
    public var isSuccess: Bool {
        switch self {
        case .success, .kept: true
        case .skipped, .failed, .suspended: false
        }
    }
}

/// Why an attempt failed: one sentence that a person reads.
public struct AttemptFailure: Error, Sendable, Hashable {
    public enum Cause: UInt8, Sendable, Hashable, CaseIterable {
        /// The task's own failure: counts as a try.
        case task = 0
        /// The task's own failure, and it asks not to be retried.
        case final = 1
        /// `executionTimeout` passed.
        case timeout = 2
        /// Stopped because a person or the leader said so.
        case cancelled = 3
        /// The worker, its host or a part of it was lost: counted apart from the task's own tries.
        case infrastructure = 4
    }

    public var cause: Cause
    public var message: String
    public var exitCode: Int?
    public var signal: Int?
    /// The name of the type of the error that the body threw, without its module.
    public var errorType: String?

    public init(
        _ cause: Cause, _ message: String, exitCode: Int? = nil, signal: Int? = nil, errorType: String? = nil
    ) {
        self.cause = cause
        self.message = message
        self.exitCode = exitCode
        self.signal = signal
        self.errorType = errorType
    }
}

/// What an attempt used, and when its body ran by the worker's clock (microseconds since 1970; 0 when it never began).
public struct AttemptUsage: Sendable, Hashable {
    public var startedAt: Int64
    public var endedAt: Int64
    /// User and system time, in microseconds.
    public var cpu: Int64
    /// The largest resident set, in KiB.
    public var maxResidentKiB: Int64

    public init(startedAt: Int64 = 0, endedAt: Int64 = 0, cpu: Int64 = 0, maxResidentKiB: Int64 = 0) {
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cpu = cpu
        self.maxResidentKiB = maxResidentKiB
    }
}

extension AttemptResult: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            attempt: try reader.message(), token: try reader.message(), outcome: try reader.message(),
            usage: try reader.message(),
            outletEvents: try reader.list { reader throws(WireError) in try reader.message() })
    }

    public func write(to writer: inout WireWriter) {
        writer.write(attempt)
        writer.write(token)
        writer.write(outcome)
        writer.write(usage)
        writer.write(outletEvents) { $0.write($1) }
    }
}

extension AttemptUsage: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            startedAt: try reader.int64(), endedAt: try reader.int64(), cpu: try reader.int64(),
            maxResidentKiB: try reader.int64())
    }

    public func write(to writer: inout WireWriter) {
        writer.write(startedAt)
        writer.write(endedAt)
        writer.write(cpu)
        writer.write(maxResidentKiB)
    }
}

extension AttemptOutcome: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .success(output: try reader.array())
        case 1: self = .skipped(reason: try reader.string())
        case 2: self = .failed(try reader.message())
        case 3:
            var json = JSONReader(try reader.string())
            guard let suspension = json.read().flatMap(Suspension.init(json:)) else {
                throw WireError(reason: "a suspension that cannot be read")
            }
            self = .suspended(suspension)
        case 4: self = .kept(try reader.message())
        case let tag: throw WireError(reason: "unknown outcome \(tag)")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .success(let output):
            writer.write(UInt8(0))
            writer.write(output)
        case .skipped(let reason):
            writer.write(UInt8(1))
            writer.write(reason)
        case .failed(let failure):
            writer.write(UInt8(2))
            writer.write(failure)
        case .suspended(let suspension):
            writer.write(UInt8(3))
            writer.write(suspension.json.compactJSON)
        case .kept(let output):
            writer.write(UInt8(4))
            writer.write(output)
        }
    }
}

extension AttemptFailure: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        let tag = try reader.byte()
        guard let cause = Cause(rawValue: tag) else { throw WireError(reason: "unknown cause of failure \(tag)") }
        self.init(
            cause, try reader.string(),
            exitCode: try reader.optional { reader throws(WireError) in try reader.int() },
            signal: try reader.optional { reader throws(WireError) in try reader.int() },
            errorType: try reader.optional { reader throws(WireError) in try reader.string() })
    }

    public func write(to writer: inout WireWriter) {
        writer.write(cause.rawValue)
        writer.write(message)
        writer.write(exitCode) { $0.write($1) }
        writer.write(signal) { $0.write($1) }
        writer.write(errorType) { $0.write($1) }
    }
}
