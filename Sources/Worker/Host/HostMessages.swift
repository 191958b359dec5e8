internal import DAGModel
internal import WorkerProtocol

/// What the supervisor says to the operator host.
enum HostOrder: Sendable, Hashable {
    case run(AttemptSpec, files: String)
    case answer(AttemptID, id: UInt64, QueryAnswer)
    case cancel(AttemptID)
    case programOutput(AttemptID, program: UInt64, isError: Bool, [UInt8])
    case programFailed(AttemptID, program: UInt64, String)
    case programEnded(AttemptID, program: UInt64, ChildEnd)
    /// Answer with ``HostReport/pong``.
    case ping
}

/// What the operator host says to the supervisor.
enum HostReport: Sendable, Hashable {
    case child(AttemptID, ChildMessage)
    case log(AttemptID, [UInt8])
    case startProgram(AttemptID, program: UInt64, HostedProgram)
    /// TERM, and KILL so many milliseconds later.
    case stopProgram(AttemptID, program: UInt64, grace: Int)
    case pong
}

/// A program that an operator runs.
struct HostedProgram: Sendable, Hashable {
    var arguments: [String]
    /// Added to the worker's own, without the worker's secrets.
    var environment: [String: String]
    var folder: String
}

extension HostOrder: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .run(try reader.message(), files: try reader.string())
        case 1: self = .answer(try reader.message(), id: try reader.unsigned(), try reader.message())
        case 2: self = .cancel(try reader.message())
        case 3:
            self = .programOutput(
                try reader.message(), program: try reader.unsigned(), isError: try reader.bool(), try reader.array())
        case 4: self = .programFailed(try reader.message(), program: try reader.unsigned(), try reader.string())
        case 5: self = .programEnded(try reader.message(), program: try reader.unsigned(), try reader.message())
        case 6: self = .ping
        case let tag: throw WireError(reason: "unknown order \(tag) to the operator host")
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .run(let spec, let files):
            writer.write(UInt8(0))
            writer.write(spec)
            writer.write(files)
        case .answer(let attempt, let id, let answer):
            writer.write(UInt8(1))
            writer.write(attempt)
            writer.write(id)
            writer.write(answer)
        case .cancel(let attempt):
            writer.write(UInt8(2))
            writer.write(attempt)
        case .programOutput(let attempt, let program, let isError, let bytes):
            writer.write(UInt8(3))
            writer.write(attempt)
            writer.write(program)
            writer.write(isError)
            writer.write(bytes)
        case .programFailed(let attempt, let program, let reason):
            writer.write(UInt8(4))
            writer.write(attempt)
            writer.write(program)
            writer.write(reason)
        case .programEnded(let attempt, let program, let end):
            writer.write(UInt8(5))
            writer.write(attempt)
            writer.write(program)
            writer.write(end)
        case .ping: writer.write(UInt8(6))
        }
    }
}

extension HostReport: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        switch try reader.byte() {
        case 0: self = .child(try reader.message(), try reader.message())
        case 1: self = .log(try reader.message(), try reader.array())
        case 2: self = .startProgram(try reader.message(), program: try reader.unsigned(), try reader.message())
        case 3: self = .stopProgram(try reader.message(), program: try reader.unsigned(), grace: try reader.int())
        case 4: self = .pong
        case let tag: throw WireError(reason: "unknown report \(tag) from the operator host")
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .child(let attempt, let message):
            writer.write(UInt8(0))
            writer.write(attempt)
            writer.write(message)
        case .log(let attempt, let bytes):
            writer.write(UInt8(1))
            writer.write(attempt)
            writer.write(bytes)
        case .startProgram(let attempt, let program, let request):
            writer.write(UInt8(2))
            writer.write(attempt)
            writer.write(program)
            writer.write(request)
        case .stopProgram(let attempt, let program, let grace):
            writer.write(UInt8(3))
            writer.write(attempt)
            writer.write(program)
            writer.write(grace)
        case .pong: writer.write(UInt8(4))
        }
    }
}

extension HostedProgram: WireMessage {
    init(from reader: inout WireReader) throws(WireError) {
        arguments = try reader.list { reader throws(WireError) in try reader.string() }
        environment = try reader.dictionary()
        folder = try reader.string()
    }

    func write(to writer: inout WireWriter) {
        writer.write(arguments) { $0.write($1) }
        writer.write(environment)
        writer.write(folder)
    }
}
