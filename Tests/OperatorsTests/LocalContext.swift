import DAGKit
import DAGModel
import Foundation
import Glibc
import HTTPClient
@testable import Operators
import Supervision
import Synchronization
import TestServers
import WorkerProtocol

/// The context of one attempt without a worker: connections and outputs are given, programs are children of the test.
final class LocalContext: OperatorContext {
    let spec: AttemptSpec
    let workFolder: String
    let filesFolder: String?
    let attemptFolder: String
    let http: HTTPSession
    let loop: EventLoop

    private struct State: Sendable {
        var connections: [String: TaskConnection] = [:]
        var outputs: [String: JSONValue] = [:]
        var lines: [String] = []
        var printed: [UInt8] = []
        var reports: [JSONValue] = []
        var waiting: [(@Sendable (LocalContext) -> Bool, CheckedContinuation<Void, Never>)] = []
        var changes = 0
    }

    private let state = Mutex(State())

    init(
        _ fields: some BuiltInOperator, type: String, folder: TestFolder, http: HTTPSession, loop: EventLoop,
        connections: [TaskConnection] = [], outputs: [String: JSONValue] = [:], params: String = "{}",
        tryNumber: Int = 1
    ) throws {
        workFolder = "\(folder.path)/work"
        filesFolder = "\(folder.path)/files"
        attemptFolder = "\(folder.path)/attempt-\(tryNumber)"
        self.http = http
        self.loop = loop
        for path in [workFolder, attemptFolder, "\(folder.path)/files"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        spec = AttemptSpec(
            id: AttemptID(rawValue: 1), token: .random(), dagID: "dag", runID: "manual__1", taskID: "task",
            mapIndex: -1,
            tryNumber: tryNumber, logicalDate: Instant(Day(2026, 1, 31)), dataIntervalStart: nil, dataIntervalEnd: nil,
            params: [UInt8](params.utf8), artifact: "", files: "", documentHash: "",
            work: .builtIn(type: type, fields: [UInt8](try JSONEncoder().encode(fields))),
            inputs: outputs.keys.sorted().map { TaskInput(task: $0, kind: .template) }, executionTimeout: nil)
        state.withLock { state in
            for connection in connections { state.connections[connection.id] = connection }
            state.outputs = outputs
        }
    }

    var lines: [String] { state.withLock { $0.lines } }
    /// All that programs have printed.
    var printed: String { String(decoding: state.withLock { $0.printed }, as: UTF8.self) }
    var reports: [JSONValue] { state.withLock { $0.reports } }

    /// Waits until the condition holds; looked at whenever something is logged, printed or reported.
    func waitUntil(_ condition: @escaping @Sendable (LocalContext) -> Bool) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiting.append((condition, continuation)) }
            wake()
        }
    }

    func connection(_ id: String) async throws -> TaskConnection {
        guard let connection = state.withLock({ $0.connections[id] }) else {
            throw OperatorError("there is no connection \(id)")
        }
        return connection
    }

    func output(of task: String) async throws -> JSONValue { state.withLock { $0.outputs[task] ?? .null } }

    func log(_ line: String) { change { $0.lines.append(line) } }

    func progress(_ report: JSONValue) { change { $0.reports.append(report) } }

    func sleep(for duration: Duration) async throws { try await loop.sleep(for: duration) }

    func run(
        _ program: ProgramSpec, onOutput: @escaping @Sendable (ProgramStream, [UInt8]) -> Void
    ) async throws -> ProgramExit {
        let child = try await spawn(program, onOutput)
        let exit = await withTaskCancellationHandler {
            await child.process.waitForExit()
        } onCancel: {
            loop.perform { [loop] in
                child.process.signalGroup(SIGTERM)
                loop.schedule(after: .seconds(program.gracePeriod)) { child.process.signalGroup(SIGKILL) }
            }
        }
        await child.output.waitForEnd()
        try Task.checkCancellation()
        switch exit.cause {
        case .exited(let code): return .exited(code: Int(code))
        case .signalled(let signal, _): return .signalled(Int(signal))
        }
    }

    private func spawn(
        _ program: ProgramSpec, _ onOutput: @escaping @Sendable (ProgramStream, [UInt8]) -> Void
    ) async throws -> (process: ChildProcess, output: ProgramOutput) {
        let pipes = [ProgramStream.output: try OwnedDescriptor.pipe(), .error: try OwnedDescriptor.pipe()]
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
            .merging(program.environment) { $1 }
        let launch = ProgramLaunch(
            program.arguments[0], Array(program.arguments.dropFirst()), environment: environment,
            workingDirectory: program.workingFolder,
            descriptors: Dictionary(uniqueKeysWithValues: pipes.map { (CInt($0.rawValue), $1.write.number) }),
            killsGroupAtExit: true)
        return try await loop.run { [self] () throws in
            let output = ProgramOutput { stream, bytes in
                self.change { $0.printed += bytes }
                onOutput(stream, bytes)
            }
            for (stream, pipe) in pipes { try output.follow(pipe.read, stream, on: loop) }
            do { return (try ChildProcess(launch, on: loop), output) } catch {
                throw OperatorError("\(error)")
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.changes += 1
        }
        wake()
    }

    /// Conditions look at the state themselves, so they are asked outside of the lock: what changes meanwhile asks them again.
    private func wake() {
        let (waiting, seen) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.waiting, state.changes)
        }
        let unmet = waiting.filter { condition, continuation in
            guard condition(self) else { return true }
            continuation.resume()
            return false
        }
        let isLate = state.withLock { state in
            state.waiting += unmet
            return state.changes != seen && !unmet.isEmpty
        }
        if isLate { wake() }
    }
}

/// What a program prints, read on the loop.
private final class ProgramOutput: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private let take: @Sendable (ProgramStream, [UInt8]) -> Void
    private var watchers: [CInt: DescriptorWatcher] = [:]
    private var waiting: CheckedContinuation<Void, Never>?
    private var loop: EventLoop?

    init(take: @escaping @Sendable (ProgramStream, [UInt8]) -> Void) { self.take = take }

    func follow(_ pipe: OwnedDescriptor, _ stream: ProgramStream, on loop: EventLoop) throws {
        self.loop = loop
        let watcher = try DescriptorWatcher(pipe.number, on: loop) { [self] _ in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(pipe.number, &buffer, buffer.count)
            if count > 0 { take(stream, Array(buffer.prefix(count))) }
            if count == 0 { end(pipe.number) }
        }
        watchers[pipe.number] = watcher
        try watcher.wait(for: .readable)
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            guard let loop else { return continuation.resume() }
            loop.performNow { [self] in
                if watchers.isEmpty { continuation.resume() } else { waiting = continuation }
            }
        }
    }

    private func end(_ number: CInt) {
        watchers.removeValue(forKey: number)?.cancel()
        if watchers.isEmpty { waiting.take()?.resume() }
    }
}
