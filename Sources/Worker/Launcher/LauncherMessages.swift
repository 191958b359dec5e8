internal import WorkerProtocol

/// What the supervisor says to the launcher. A frame with `launch` carries the descriptors that the program gets.
enum LauncherOrder: Sendable, Hashable {
    case launch(id: UInt64, LaunchRequest)
    /// TERM to the program's group, and KILL so many milliseconds later; 0 kills at once.
    case stop(id: UInt64, grace: Int)
    /// Everything may live until `until` on the clock of ``LeaseClock``, and these are the attempts that run.
    case renew(until: Int64, attempts: [AttemptID])
    /// Answer with ``LauncherReport/pong``.
    case ping
}

/// What the launcher says to the supervisor.
enum LauncherReport: Sendable, Hashable {
    case started(id: UInt64, pid: Int)
    /// The program could not be started: one sentence.
    case failed(id: UInt64, String)
    case ended(id: UInt64, ChildEnd)
    case pong
}

/// A program that the launcher is to start.
struct LaunchRequest: Sendable, Hashable {
    /// The program, by path or by a name that is looked up in the `PATH` of `environment`, and its arguments.
    var arguments: [String]
    var environment: [String: String]
    /// The working directory; empty for the launcher's.
    var folder: String
    /// The numbers under which the program sees the descriptors that came along, in their order.
    var descriptors: [Int]
    /// The attempt that the program works for; nil for a part of the worker.
    var attempt: AttemptID?
    /// How much sooner than others it is chosen when memory runs out, from 0 to 1000.
    var outOfMemoryRank = 300
}

extension LauncherOrder: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .launch(id: try reader.unsigned(), try reader.message())
        case 1: self = .stop(id: try reader.unsigned(), grace: try reader.int())
        case 2:
            self = .renew(
                until: try reader.int64(),
                attempts: try reader.list { reader throws(WireError) in try reader.message() })
        case 3: self = .ping
        case let tag: throw WireError(reason: "unknown order \(tag) to the launcher")
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .launch(let id, let request):
            writer.write(UInt8(0))
            writer.write(id)
            writer.write(request)
        case .stop(let id, let grace):
            writer.write(UInt8(1))
            writer.write(id)
            writer.write(grace)
        case .renew(let until, let attempts):
            writer.write(UInt8(2))
            writer.write(until)
            writer.write(attempts) { $0.write($1) }
        case .ping: writer.write(UInt8(3))
        }
    }
}

extension LauncherReport: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .started(id: try reader.unsigned(), pid: try reader.int())
        case 1: self = .failed(id: try reader.unsigned(), try reader.string())
        case 2: self = .ended(id: try reader.unsigned(), try reader.message())
        case 3: self = .pong
        case let tag: throw WireError(reason: "unknown report \(tag) from the launcher")
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .started(let id, let pid):
            writer.write(UInt8(0))
            writer.write(id)
            writer.write(pid)
        case .failed(let id, let reason):
            writer.write(UInt8(1))
            writer.write(id)
            writer.write(reason)
        case .ended(let id, let end):
            writer.write(UInt8(2))
            writer.write(id)
            writer.write(end)
        case .pong: writer.write(UInt8(3))
        }
    }
}

extension LaunchRequest: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        arguments = try reader.list { reader throws(WireError) in try reader.string() }
        environment = try reader.dictionary()
        folder = try reader.string()
        descriptors = try reader.list { reader throws(WireError) in try reader.int() }
        attempt = try reader.optional { reader throws(WireError) in try reader.message() }
        outOfMemoryRank = try reader.int()
    }

    func write(to writer: inout WireWriter) {
        writer.write(arguments) { $0.write($1) }
        writer.write(environment)
        writer.write(folder)
        writer.write(descriptors) { $0.write($1) }
        writer.write(attempt) { $0.write($1) }
        writer.write(outOfMemoryRank)
    }
}

extension WireReader {
    mutating func dictionary() throws(WireError) -> [String: String] {
        var dictionary: [String: String] = [:]
        let pairs = try list { reader throws(WireError) in (try reader.string(), try reader.string()) }
        for (key, value) in pairs { dictionary[key] = value }
        return dictionary
    }
}

extension WireWriter {
    mutating func write(_ dictionary: [String: String]) {
        write(dictionary.sorted { $0.key < $1.key }) { writer, pair in
            writer.write(pair.key)
            writer.write(pair.value)
        }
    }
}
