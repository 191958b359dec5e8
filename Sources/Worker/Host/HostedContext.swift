internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import HTTPClient
internal import Operators
internal import Supervision
internal import WorkerProtocol

/// What one attempt in the operator host can do.
struct HostedContext: OperatorContext {
    let spec: AttemptSpec
    let workFolder: String
    let filesFolder: String?
    let attemptFolder: String
    let http: HTTPSession
    let channel: HostChannel
    let loop: EventLoop

    func connection(_ id: String) async throws -> TaskConnection {
        try decode(TaskConnection.self, from: try await value(of: .connection(id)), what: "connection \(id)")
    }

    func output(of task: String) async throws -> JSONValue {
        let bytes = try await value(of: .output(task: task))
        return bytes.isEmpty ? .null : try decode(JSONValue.self, from: bytes, what: "the output of task \(task)")
    }

    func log(_ line: String) { channel.send(.log(spec.id, Array("\(line)\n".utf8))) }

    func progress(_ report: JSONValue) {
        channel.send(.child(spec.id, .progress(json: Array(report.compactJSON.utf8))))
    }

    func run(
        _ program: ProgramSpec, onOutput: @escaping @Sendable (ProgramStream, [UInt8]) -> Void
    ) async throws -> ProgramExit {
        try Task.checkCancellation()
        let hosted = HostedProgram(
            arguments: program.arguments, environment: program.environment, folder: program.workingFolder)
        let exit = try await channel.run(
            hosted, for: spec.id, grace: .milliseconds(Int64(program.gracePeriod * 1_000)), output: onOutput)
        try Task.checkCancellation()
        return exit
    }

    func sleep(for duration: Duration) async throws { try await loop.sleep(for: duration) }

    /// Has an output kept that is too long for the result, part by part.
    func keep(_ json: [UInt8]) async -> AttemptOutcome {
        let (output, parts) = LargeOutput.cut(json)
        for query in [.keepOutput(output)] + parts.map(Query.keepPart) {
            switch await channel.ask(query, for: spec.id) {
            case .value: continue
            case .refused(let reason): return .failed(AttemptFailure(.final, reason))
            case .failed(let reason): return .failed(AttemptFailure(.task, reason))
            case .later: return .failed(AttemptFailure(.infrastructure, "the leader could not keep the output"))
            }
        }
        return .kept(output)
    }

    private func value(of query: Query) async throws -> [UInt8] {
        switch await channel.ask(query, for: spec.id) {
        case .value(let bytes): return bytes
        case .refused(let reason), .failed(let reason): throw OperatorError(reason)
        case .later: throw OperatorError("the leader could not answer")
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], what: String) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw OperatorError("\(what) cannot be read: it is not in the expected form")
        }
    }
}
