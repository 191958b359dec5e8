public import DAGModel

extension AttemptSpec: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            id: try reader.message(), token: try reader.message(), dagID: try reader.string(),
            runID: try reader.string(), taskID: try reader.string(), mapIndex: try reader.int(),
            tryNumber: try reader.int(), logicalDate: try reader.instant(), dataIntervalStart: try reader.instant(),
            dataIntervalEnd: try reader.instant(), params: try reader.array(), artifact: try reader.string(),
            files: try reader.string(), documentHash: try reader.string(), work: try reader.message(),
            inputs: try reader.list { reader throws(WireError) in try reader.message() },
            executionTimeout: try reader.optional { reader throws(WireError) in try reader.double() },
            elementPlaces: try reader.list { reader throws(WireError) in try reader.int() },
            resumption: try reader.optional { reader throws(WireError) in try reader.taskWait() },
            firstStartedAt: try reader.optional { reader throws(WireError) in try reader.int64() })
    }

    public func write(to writer: inout WireWriter) {
        writer.write(id)
        writer.write(token)
        writer.write(dagID)
        writer.write(runID)
        writer.write(taskID)
        writer.write(mapIndex)
        writer.write(tryNumber)
        writer.write(logicalDate)
        writer.write(dataIntervalStart)
        writer.write(dataIntervalEnd)
        writer.write(params)
        writer.write(artifact)
        writer.write(files)
        writer.write(documentHash)
        writer.write(work)
        writer.write(inputs) { $0.write($1) }
        writer.write(executionTimeout) { $0.write($1) }
        writer.write(elementPlaces) { $0.write($1) }
        writer.write(resumption) { $0.write($1.json.compactJSON) }
        writer.write(firstStartedAt) { $0.write($1) }
    }
}

extension AttemptSpec.Work: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .author
        case 1: self = .builtIn(type: try reader.string(), fields: try reader.array())
        case 2: self = .callback(try reader.message())
        case let tag: throw WireError(reason: "unknown kind of work \(tag)")
        }
    }

    public func write(to writer: inout WireWriter) {
        switch self {
        case .author: writer.write(UInt8(0))
        case .builtIn(let type, let fields):
            writer.write(UInt8(1))
            writer.write(type)
            writer.write(fields)
        case .callback(let event):
            writer.write(UInt8(2))
            writer.write(event)
        }
    }
}

extension CallbackEvent: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        let name = try reader.string()
        guard let kind = CallbackKind(rawValue: name) else { throw WireError(reason: "unknown callback \(name)") }
        self.init(
            kind, dedupeKey: try reader.string(),
            taskID: try reader.optional { reader throws(WireError) in try reader.string() },
            mapIndex: try reader.int(), tryNumber: try reader.int(), state: try reader.string(),
            reason: try reader.optional { reader throws(WireError) in try reader.string() },
            attempt: try reader.optional { reader throws(WireError) in try reader.int64() },
            at: Instant(microseconds: try reader.int64()),
            deadline: try reader.optional { reader throws(WireError) in
                MissedDeadline(index: try reader.int(), at: Instant(microseconds: try reader.int64()))
            })
    }

    public func write(to writer: inout WireWriter) {
        writer.write(kind.rawValue)
        writer.write(dedupeKey)
        writer.write(taskID) { $0.write($1) }
        writer.write(mapIndex)
        writer.write(tryNumber)
        writer.write(state)
        writer.write(reason) { $0.write($1) }
        writer.write(attempt) { $0.write($1) }
        writer.write(at.microseconds)
        writer.write(deadline) { writer, deadline in
            writer.write(deadline.index)
            writer.write(deadline.at.microseconds)
        }
    }
}

extension TaskInput: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        let task = try reader.string()
        switch try reader.byte() {
        case 0: self.init(task: task, kind: .value)
        case 1: self.init(task: task, kind: .element)
        case 2: self.init(task: task, kind: .template)
        case 3: self.init(task: task, kind: .element, list: try reader.int())
        case 4: self.init(task: task, kind: .groupElement, list: try reader.int())
        case 5: self.init(task: task, kind: .lazy)
        case let tag: throw WireError(reason: "unknown kind of input \(tag)")
        }
    }

    public func write(to writer: inout WireWriter) {
        writer.write(task)
        switch kind {
        case .value: writer.write(UInt8(0))
        case .element:
            writer.write(UInt8(list == nil ? 1 : 3))
            if let list { writer.write(list) }
        case .groupElement:
            writer.write(UInt8(4))
            writer.write(list ?? 0)
        case .template: writer.write(UInt8(2))
        case .lazy: writer.write(UInt8(5))
        }
    }
}

extension WireWriter {
    /// An instant as microseconds since 1970.
    public mutating func write(_ instant: Instant?) { write(instant) { $0.write($1.microseconds) } }
}

extension WireReader {
    /// An instant as microseconds since 1970.
    public mutating func instant() throws(WireError) -> Instant? {
        try optional { reader throws(WireError) in Instant(microseconds: try reader.int64()) }
    }

    fileprivate mutating func taskWait() throws(WireError) -> TaskWait {
        guard let wait = TaskWait(json: try string()) else { throw WireError(reason: "a wait that cannot be read") }
        return wait
    }
}
