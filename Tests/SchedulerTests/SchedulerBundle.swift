import Crypto
import DAGModel
import Foundation
import Logging
import Postgres
import Scheduler
import Store
import Supervision
import TestSupport
import WorkerProtocol

/// A scheduler with a database of its own and, when asked, a real worker: everything but the command and the API.
final class SchedulerBundle: Sendable {
    let database: TestDatabase
    let store: StateStore
    let folder: URL
    let loop: EventLoop
    private let scheduler: Task<Void, any Error>?
    private let service: SchedulerService

    var socket: SocketEndpoint { .unix(path: folder.appending(path: "s").path) }

    /// - Parameters:
    ///   - server: A server of the test's own, when it is to be stopped. Defaults to the shared one.
    ///   - schedules: Whether a scheduler runs in this process.
    init(
        rules: LeaseRules = LeaseRules(), callbacks: CallbackRules = CallbackRules(),
        retention: RetentionRules = RetentionRules(), server: TestPostgres? = nil,
        schedules: Bool = true, outputs: (any OutputObjects)? = nil,
        adjust: (inout SchedulerOptions) -> Void = { _ in }
    ) async throws {
        let server = if let server { server } else { try await TestPostgres.shared }
        database = try await server.freshDatabase()
        loop = try EventLoop(name: "scheduler")
        folder = URL(filePath: "/tmp/slip-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
        _ = try await Migrator(connection).migrate()
        await connection.close()
        store = StateStore(pool: PostgresPool(database.configuration, size: 3, on: loop), outputs: outputs)
        var log = Logger(label: "scheduler")
        log.logLevel = .error
        var options = SchedulerOptions(
            name: "test", endpoint: .unix(path: folder.appending(path: "s").path), workerToken: "secret")
        options.rules = rules
        options.callbacks = callbacks
        options.retention = retention
        adjust(&options)
        service = SchedulerService(
            options: options, database: database.configuration, store: store,
            logs: try FileLogStore(folder: folder.appending(path: "logs").path, log: log), secrets: NoSecrets(),
            loop: loop,
            log: log)
        let service = service
        scheduler = schedules ? Task { try await service.run() } : nil
    }

    /// Starts the scheduler of a bundle that was made without one.
    func schedule() -> Task<Void, any Error> { Task { [service] in try await service.run() } }

    /// Publishes a DAG of built-in operators, which needs no compiler.
    func publish(_ document: DAGDocument) async throws -> String {
        _ = try await store.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "", files: "", fingerprint: "",
                document: document),
            now: .now)
        return document.id
    }

    /// Publishes a DAG file and returns its id.
    func publish(_ source: String) async throws -> String {
        let compiled = try CompiledDAG(source)
        let description = try JSONDecoder().decode(DAGDescription.self, from: compiled.description)
        let hash = SHA256.hash(data: compiled.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try await store.putArtifact(hash, compiled.bytes, now: .now)
        _ = try await store.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: hash, files: "",
                fingerprint: description.fingerprint, document: description.document),
            now: .now)
        return description.document.id
    }

    func trigger(_ dagID: String, _ runID: String = "manual__1", params: String = "{}") async throws -> RunRecord {
        guard let dag = try await store.dag(dagID) else {
            throw StoreError.unknownValue(column: "dag_id", value: dagID)
        }
        return try await store.createRun(
            NewRun(
                dagID: dagID, runID: runID, versionID: dag.versionID, type: .manual, logicalDate: nil,
                dataIntervalStart: nil, dataIntervalEnd: nil, runAfter: .now, params: params, triggeredBy: "test"),
            now: .now)
    }

    /// The run once it has ended; gives up after a minute.
    func finished(_ run: RunRecord) async throws -> RunRecord {
        for _ in 0..<18_000 {
            if let now = try await store.run(id: run.id), now.state.isFinished { return now }
            try await loop.sleep(for: .milliseconds(10))
        }
        return run
    }

    func states(_ run: RunRecord) async throws -> [String: TaskState] {
        Dictionary(
            try await store.instances(run: run.id).map {
                ($0.mapIndex < 0 ? $0.taskID : "\($0.taskID)[\($0.mapIndex)]", $0.state)
            }, uniquingKeysWith: { first, _ in first })
    }

    func startWorker(slots: Int = 4, folder name: String = "worker") throws -> TestWorker {
        try TestWorker(
            socket: socket, folder: folder.appending(path: name).path, slots: slots)
    }

    func stop() async {
        scheduler?.cancel()
        loop.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

struct NoSecrets: SecretSource {
    func connection(_ id: String) async throws -> [UInt8]? { nil }
    func variable(_ key: String) async throws -> [UInt8]? { nil }
}

/// A worker process.
final class TestWorker: Sendable {
    private let process: Process

    init(socket: SocketEndpoint, folder: String, slots: Int) throws {
        process = Process()
        process.executableURL = URL(filePath: BuildFolder.path + "/worker-harness")
        process.arguments = [
            "worker", socket.description, "secret", String(slots), folder, BuildFolder.path + "/slipstream-runner",
        ]
        try process.run()
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

extension Instant {
    static var now: Instant { SystemClock.system.now().wall }
}
