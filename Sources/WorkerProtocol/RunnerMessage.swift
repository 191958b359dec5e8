/// What the supervisor says to the runner. A frame with ``load(path:)`` carries two descriptors: the loaded runner's socket and
/// what it has as standard output and error.
public enum RunnerOrder: Sendable, Hashable {
    /// Fork a loaded runner that opens the compiled DAG file at `path`.
    case load(id: UInt64, path: String)
    /// Kill a loaded runner.
    case kill(id: UInt64)
    /// Answer with ``RunnerReport/pong``.
    case ping
}

/// What the runner says to the supervisor.
public enum RunnerReport: Sendable, Hashable {
    case ready
    /// The loaded runner ended.
    case ended(id: UInt64, ChildEnd)
    case pong
}

/// What the supervisor says to a loaded runner.
public enum LoadedRunnerOrder: Sendable, Hashable {
    /// Fork so many children ahead of need.
    case fork(count: Int)
    /// Send a signal to a child's process group.
    case signal(pid: Int, number: Int)
    /// Answer with ``LoadedRunnerReport/pong``.
    case ping
}

/// What a loaded runner says to the supervisor.
public enum LoadedRunnerReport: Sendable, Hashable {
    /// The DAG file is open, its `body()` evaluated.
    case loaded(dagID: String, fingerprint: String)
    /// The file cannot be used: one sentence.
    case refused(String)
    /// A child waits for its attempt. The frame carries two descriptors: the child's socket and the end of the pipe from which
    /// its output is read.
    case child(pid: Int)
    /// No child could be forked: one sentence.
    case forkFailed(String)
    /// A child, and what was left of its process group, ended.
    case ended(pid: Int, ChildEnd)
    case pong
}

/// How a process ended, and what it used.
public struct ChildEnd: Sendable, Hashable {
    /// The exit code, or nil when a signal ended the process.
    public var code: Int?
    public var signal: Int?
    /// User and system time, in microseconds.
    public var cpu: Int64
    public var maxResidentKiB: Int64

    public init(code: Int?, signal: Int?, cpu: Int64 = 0, maxResidentKiB: Int64 = 0) {
        self.code = code
        self.signal = signal
        self.cpu = cpu
        self.maxResidentKiB = maxResidentKiB
    }
}

extension ChildEnd: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            code: try reader.optional { reader throws(WireError) in try reader.int() },
            signal: try reader.optional { reader throws(WireError) in try reader.int() },
            cpu: try reader.int64(), maxResidentKiB: try reader.int64())
    }

    public func write(to writer: inout WireWriter) {
        writer.write(code) { $0.write($1) }
        writer.write(signal) { $0.write($1) }
        writer.write(cpu)
        writer.write(maxResidentKiB)
    }
}

extension RunnerOrder: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .load(id: try reader.unsigned(), path: try reader.string())
        case 1: self = .kill(id: try reader.unsigned())
        case 2: self = .ping
        case let tag: throw WireError(reason: "unknown order \(tag) to the runner")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .load(let id, let path):
            writer.write(UInt8(0))
            writer.write(id)
            writer.write(path)
        case .kill(let id):
            writer.write(UInt8(1))
            writer.write(id)
        case .ping: writer.write(UInt8(2))
        }
    }
}

extension RunnerReport: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .ready
        case 1: self = .ended(id: try reader.unsigned(), try reader.message())
        case 2: self = .pong
        case let tag: throw WireError(reason: "unknown report \(tag) from the runner")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .ready: writer.write(UInt8(0))
        case .ended(let id, let end):
            writer.write(UInt8(1))
            writer.write(id)
            writer.write(end)
        case .pong: writer.write(UInt8(2))
        }
    }
}

extension LoadedRunnerOrder: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .fork(count: try reader.int())
        case 1: self = .signal(pid: try reader.int(), number: try reader.int())
        case 2: self = .ping
        case let tag: throw WireError(reason: "unknown order \(tag) to a loaded runner")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .fork(let count):
            writer.write(UInt8(0))
            writer.write(count)
        case .signal(let pid, let number):
            writer.write(UInt8(1))
            writer.write(pid)
            writer.write(number)
        case .ping: writer.write(UInt8(2))
        }
    }
}

extension LoadedRunnerReport: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .loaded(dagID: try reader.string(), fingerprint: try reader.string())
        case 1: self = .refused(try reader.string())
        case 2: self = .child(pid: try reader.int())
        case 3: self = .forkFailed(try reader.string())
        case 4: self = .ended(pid: try reader.int(), try reader.message())
        case 5: self = .pong
        case let tag: throw WireError(reason: "unknown report \(tag) from a loaded runner")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .loaded(let dagID, let fingerprint):
            writer.write(UInt8(0))
            writer.write(dagID)
            writer.write(fingerprint)
        case .refused(let reason):
            writer.write(UInt8(1))
            writer.write(reason)
        case .child(let pid):
            writer.write(UInt8(2))
            writer.write(pid)
        case .forkFailed(let reason):
            writer.write(UInt8(3))
            writer.write(reason)
        case .ended(let pid, let end):
            writer.write(UInt8(4))
            writer.write(pid)
            writer.write(end)
        case .pong: writer.write(UInt8(5))
        }
    }
}
