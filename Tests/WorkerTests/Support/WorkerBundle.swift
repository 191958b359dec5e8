import CPosix
import DAGModel
import Foundation
import Supervision
import Testing
import WorkerProtocol

/// A real worker, its leader, and a folder, for one test; everything ends with ``close()``.
final class WorkerBundle: @unchecked Sendable {
    let leader: TestLeader
    let folder: String
    /// Marks every process of this worker.
    let mark = UUID().uuidString
    private(set) var worker = Process()
    private var lastAttempt: Int64 = 0

    init(slots: Int = 2, heartbeat: Int = 1_000, lease: Int = 20_000) async throws {
        folder = "/tmp/wt-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        leader = try TestLeader(endpoint: .unix(path: "\(folder)/leader"), heartbeat: heartbeat, lease: lease)
        try await leader.listen()
        let dag = TestBuild.dag
        await leader.answer(.artifact(dag.hash), with: .value(dag.bytes))
        try start(slots: slots)
        await greeted()
    }

    /// Waits until the worker has said hello.
    func greeted() async { _ = await leader.hears { if case .hello = $0 { true } else { false } } }

    func start(slots: Int) throws {
        worker = Process()
        worker.executableURL = URL(fileURLWithPath: TestBuild.harness)
        worker.arguments = [
            "worker", leader.endpoint.description, leader.token, "\(slots)", "\(folder)/data", TestBuild.runner,
        ]
        worker.environment = ProcessInfo.processInfo.environment.merging(["WORKER_TEST_MARK": mark]) { $1 }
        try worker.run()
    }

    /// The specification of a fresh attempt of a task of the tests' DAG.
    func spec(
        _ task: String, mapIndex: Int = -1, timeout: Double? = nil, work: AttemptSpec.Work = .author,
        files: String = "",
        dag: CompiledDAG = TestBuild.dag
    ) -> AttemptSpec {
        lastAttempt += 1
        let document = dag.description.document.tasks.first { $0.id == task }
        return AttemptSpec(
            id: AttemptID(rawValue: lastAttempt), token: .random(), dagID: dag.description.document.id, runID: "run 1",
            taskID: task, mapIndex: mapIndex, tryNumber: 1, logicalDate: nil, dataIntervalStart: nil,
            dataIntervalEnd: nil,
            params: Array(#"{"greeting":"moin"}"#.utf8), artifact: work == .author ? dag.hash : "", files: files,
            documentHash: dag.description.fingerprint, work: work, inputs: document?.inputs ?? [],
            executionTimeout: timeout)
    }

    /// Runs a task to its end.
    func run(_ task: String, mapIndex: Int = -1, timeout: Double? = nil) async -> AttemptResult {
        let spec = spec(task, mapIndex: mapIndex, timeout: timeout)
        await leader.dispatch(spec)
        return await leader.result(of: spec.id)
    }

    /// Runs a task to its end and waits for its log.
    func log(of task: String) async -> (result: AttemptResult, log: [UInt8]) {
        let spec = spec(task)
        await leader.dispatch(spec)
        let result = await leader.result(of: spec.id)
        return (result, await leader.completeLog(of: spec.id))
    }

    /// Starts a task that signals, and returns when it has.
    func startSignalling(_ task: String, timeout: Double? = nil) async throws -> AttemptSpec {
        let spec = spec(task, timeout: timeout)
        let fifo = "\(folder)/fifo-\(spec.id)"
        mkfifo(fifo, 0o600)
        await leader.answer(.variable("fifo"), with: .value(Array(fifo.utf8)))
        await leader.dispatch(spec)
        try await waitForByte(from: fifo)
        return spec
    }

    /// Waits until somebody has written to the FIFO.
    func waitForByte(from fifo: String) async throws {
        try await onThread {
            guard let file = FileHandle(forReadingAtPath: fifo) else { throw CocoaError(.fileNoSuchFile) }
            _ = try file.read(upToCount: 1)
        }
    }

    func close() async {
        if worker.isRunning {
            kill(worker.processIdentifier, SIGTERM)
            await ended(worker)
            #expect(worker.terminationReason == .exit && worker.terminationStatus == 0, "the worker has crashed")
        }
        await leader.close()
        #expect(await processesAreGone(), "processes are left: \(processes)")
        try? FileManager.default.removeItem(atPath: folder)
    }

    func ended(_ process: Process) async {
        try? await onThread { process.waitUntilExit() }
    }
}

// MARK: - Processes

extension WorkerBundle {
    /// All living processes that carry this worker's mark.
    var processes: [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return environment.range(of: Data("WORKER_TEST_MARK=\(mark)".utf8)) != nil
        }
    }

    /// Waits until no process carries the mark, by the processes' ends; false after the limit.
    func processesAreGone(within limit: Duration = .seconds(10)) async -> Bool {
        let deadline = ContinuousClock.now + limit
        let gone = try? await onThread { [self] in
            while true {
                let left = processes
                if left.isEmpty { return true }
                let rest = ContinuousClock.now.duration(to: deadline)
                guard rest > .zero else { return false }
                waitForOneEnd(of: left, milliseconds: Int32(min(1_000, rest.components.seconds * 1_000 + 1)))
            }
        }
        return gone == true
    }

    private func waitForOneEnd(of pids: [pid_t], milliseconds: Int32) {
        var watched = pids.map { pollfd(fd: cposix_pidfd_open($0), events: Int16(POLLIN), revents: 0) }.filter {
            $0.fd >= 0
        }
        defer { for entry in watched { Glibc.close(entry.fd) } }
        if !watched.isEmpty { poll(&watched, nfds_t(watched.count), milliseconds) }
    }

    /// Waits until no process of the worker has one of these words on its command line; false after 15 s.
    func isGone(_ words: [String]) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(15)
        while let pid = words.compactMap(process).first {
            guard ContinuousClock.now < deadline else { return false }
            await waitForEnd(of: pid)
        }
        return true
    }

    /// The process in which an attempt runs, as the leader was told.
    func pid(of spec: AttemptSpec) async -> pid_t? {
        let message = await leader.hears { if case .started(spec.id, _, _) = $0 { true } else { false } }
        guard case .started(_, _, let pid) = message else { return nil }
        return pid_t(pid)
    }

    func parent(of pid: pid_t) -> pid_t? {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line.flatMap { pid_t($0.dropFirst(5).drop { $0 == "\t" }) }
    }

    /// Waits until a process has ended, or a second.
    func waitForEnd(of pid: pid_t?) async {
        guard let pid else { return }
        try? await onThread { [self] in waitForOneEnd(of: [pid], milliseconds: 1_000) }
    }

    /// The most memory that the supervisor has had, in bytes.
    var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/\(worker.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? .max >> 10) << 10
    }

    /// The process whose command line has this word.
    @Sendable func process(_ word: String) -> pid_t? {
        processes.first { pid in
            let words = (FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()).split(separator: 0)
            return words.dropFirst().contains(Data(word.utf8))
        }
    }
}

extension AttemptResult {
    /// The output as text, nil unless the attempt succeeded.
    var output: String? {
        guard case .success(let output) = outcome else { return nil }
        return String(decoding: output, as: UTF8.self)
    }

    var failure: AttemptFailure? {
        guard case .failed(let failure) = outcome else { return nil }
        return failure
    }
}

/// Runs something that blocks on a thread of its own, so that it takes none from the other tests.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
