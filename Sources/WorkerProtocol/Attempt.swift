public import DAGModel

/// Identifies one attempt of one task instance, for ever: the leader's epoch in the upper bits, a counter below.
public struct AttemptID: Sendable, Hashable, Comparable, WireMessage, CustomStringConvertible {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// The `counter`-th attempt that the leader of `epoch` dispatches.
    public init(epoch: Int64, counter: Int64) { rawValue = epoch << 36 | counter }

    public static func < (left: AttemptID, right: AttemptID) -> Bool { left.rawValue < right.rawValue }

    public init(from reader: inout WireReader) throws(WireError) { rawValue = try reader.int64() }
    public func write(to writer: inout WireWriter) { writer.write(rawValue) }

    public var description: String { String(rawValue) }
}

/// The secret that lets one attempt, and nothing else, fetch its inputs and report its result. 16 random bytes.
public struct AttemptToken: Sendable, Hashable, WireMessage, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// A fresh token from the system's generator.
    public static func random() -> AttemptToken {
        var generator = SystemRandomNumberGenerator()
        return AttemptToken(
            bytes: (0..<2).flatMap { _ in withUnsafeBytes(of: generator.next() as UInt64) { Array($0) } })
    }

    public init(from reader: inout WireReader) throws(WireError) { bytes = try reader.array() }
    public func write(to writer: inout WireWriter) { writer.write(bytes) }

    /// Never the bytes.
    public var description: String { "AttemptToken" }
}

/// All that a worker needs to run one attempt; values of upstream tasks are asked for when they are needed.
public struct AttemptSpec: Sendable, Hashable {
    public var id: AttemptID
    public var token: AttemptToken
    public var dagID: String
    public var runID: String
    public var taskID: String
    /// The index within a mapped task, -1 when the task is not mapped.
    public var mapIndex: Int
    /// 1 for the first attempt.
    public var tryNumber: Int
    public var logicalDate: Instant?
    public var dataIntervalStart: Instant?
    public var dataIntervalEnd: Instant?
    /// The run's parameters, a JSON object.
    public var params: [UInt8]
    /// The compiled DAG file by the SHA-256 of its bytes, in hexadecimal digits.
    public var artifact: String
    /// The helper files of the run's version by the SHA-256 of their archive; empty when there are none.
    public var files: String
    /// What the file must describe when the worker loads it; see ``DAGModel/DAGDocument``. SHA-256, hexadecimal digits.
    public var documentHash: String
    public var work: Work
    public var inputs: [TaskInput]
    /// Seconds from the start of the body; nil means without limit.
    public var executionTimeout: Double?
    /// For a task that is mapped over several lists: the place of its element in each of them.
    public var elementPlaces: [Int]
    /// The wait after which this attempt goes on; nil for one that begins.
    public var resumption: TaskWait?
    /// When the first attempt of this try began, for one that goes on; microseconds since 1970.
    public var firstStartedAt: Int64?

    /// What the attempt does.
    public enum Work: Sendable, Hashable {
        /// Author code, in a child process.
        case author
        /// A built-in operator; `fields` is a JSON object that may hold templates.
        case builtIn(type: String, fields: [UInt8])
        /// A callback of the DAG file, in a child process that takes no slot; ``AttemptSpec/tryNumber`` counts its calls.
        case callback(CallbackEvent)
    }

    public init(
        id: AttemptID, token: AttemptToken, dagID: String, runID: String, taskID: String, mapIndex: Int,
        tryNumber: Int, logicalDate: Instant?, dataIntervalStart: Instant?, dataIntervalEnd: Instant?,
        params: [UInt8], artifact: String, files: String, documentHash: String, work: Work, inputs: [TaskInput],
        executionTimeout: Double?, elementPlaces: [Int] = [], resumption: TaskWait? = nil, firstStartedAt: Int64? = nil
    ) {
        self.id = id
        self.token = token
        self.dagID = dagID
        self.runID = runID
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.tryNumber = tryNumber
        self.logicalDate = logicalDate
        self.dataIntervalStart = dataIntervalStart
        self.dataIntervalEnd = dataIntervalEnd
        self.params = params
        self.artifact = artifact
        self.files = files
        self.documentHash = documentHash
        self.work = work
        self.inputs = inputs
        self.executionTimeout = executionTimeout
        self.elementPlaces = elementPlaces
        self.resumption = resumption
        self.firstStartedAt = firstStartedAt
    }
}
