public import DAGModel

/// What an attempt may ask the leader for while it runs; answered only with the attempt's own token.
public enum Query: Sendable, Hashable {
    /// The output of an upstream task: of an unmapped one its value, of a mapped one the list of its instances' values.
    case output(task: String)
    /// One element of the output of an upstream task.
    case element(task: String, index: Int)
    /// A connection that the task declares with `uses:`.
    case connection(String)
    /// A variable that the task declares with `uses:`.
    case variable(String)
    /// A compiled DAG file or the archive of its helper files, by SHA-256.
    case artifact(String)
    /// The updates of assets that caused the run.
    case triggeringAssetEvents
    /// The newest updates of an asset that the task declares with `inlets`.
    case inletEvents(name: String, uri: String, count: Int)
    /// Keep the attempt's output, which is above ``DAGModel/LargeOutput/threshold``: its parts follow, one by one.
    case keepOutput(LargeOutput)
    /// Keep a part of it. Answered when it is stored.
    case keepPart(LargeOutput.Part)
    /// How many elements the output of an upstream task has, as JSON; `null` for something else than a list.
    case outputLength(task: String)
    /// Some elements of the output of an upstream task from an index on, as a JSON list: as many as are given at once, none at its end.
    case elements(task: String, from: Int)
}

/// The answer to a ``Query``.
public enum QueryAnswer: Sendable, Hashable {
    /// JSON text, or the bytes of an artifact.
    case value([UInt8])
    /// There is no such thing, or this attempt may not have it: one sentence.
    case refused(String)
    /// The leader cannot say now (its database is away): ask again.
    case later
    /// It could not be got, and may be there at another try: one sentence.
    case failed(String)
}

extension Query: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .output(task: try reader.string())
        case 1: self = .element(task: try reader.string(), index: try reader.int())
        case 2: self = .connection(try reader.string())
        case 3: self = .variable(try reader.string())
        case 4: self = .artifact(try reader.string())
        case 10: self = .triggeringAssetEvents
        case 11: self = .inletEvents(name: try reader.string(), uri: try reader.string(), count: try reader.int())
        case 12: self = .keepOutput(try reader.message())
        case 13: self = .keepPart(try reader.message())
        case 14: self = .outputLength(task: try reader.string())
        case 15: self = .elements(task: try reader.string(), from: try reader.int())
        case let tag: throw WireError(reason: "unknown query \(tag)")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .output(let task):
            writer.write(UInt8(0))
            writer.write(task)
        case .element(let task, let index):
            writer.write(UInt8(1))
            writer.write(task)
            writer.write(index)
        case .connection(let id):
            writer.write(UInt8(2))
            writer.write(id)
        case .variable(let key):
            writer.write(UInt8(3))
            writer.write(key)
        case .artifact(let hash):
            writer.write(UInt8(4))
            writer.write(hash)
        case .triggeringAssetEvents: writer.write(UInt8(10))
        case .inletEvents(let name, let uri, let count):
            writer.write(UInt8(11))
            writer.write(name)
            writer.write(uri)
            writer.write(count)
        case .keepOutput(let output):
            writer.write(UInt8(12))
            writer.write(output)
        case .keepPart(let part):
            writer.write(UInt8(13))
            writer.write(part)
        case .outputLength(let task):
            writer.write(UInt8(14))
            writer.write(task)
        case .elements(let task, let index):
            writer.write(UInt8(15))
            writer.write(task)
            writer.write(index)
        }
    }
}

extension QueryAnswer: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .value(try reader.array())
        case 1: self = .refused(try reader.string())
        case 2: self = .later
        case 3: self = .failed(try reader.string())
        case let tag: throw WireError(reason: "unknown answer \(tag)")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .value(let bytes):
            writer.write(UInt8(0))
            writer.write(bytes)
        case .refused(let reason):
            writer.write(UInt8(1))
            writer.write(reason)
        case .later:
            writer.write(UInt8(2))
        case .failed(let reason):
            writer.write(UInt8(3))
            writer.write(reason)
        }
    }
}
