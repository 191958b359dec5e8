import Crypto
import DAGModel
import Foundation
import Glibc
import Logging
import Postgres
import Scheduler
import Store
import Supervision

/// A private PostgreSQL, a scheduler and a worker, each in processes of its own, and a connection to look at them.
final class Installation {
    let folder: String
    let connection: PostgresConnection
    let store: StateStore
    let loop: EventLoop
    /// Statements that this process has run, each a transaction.
    private(set) var ownTransactions = 0
    /// The shortest makespan of each workload so far.
    private var shortest: [String: Duration] = [:]
    /// Transactions a second while nothing runs.
    var idleTransactions = 0.0

    private let postgres: EmbeddedPostgres
    private let scheduler: Process
    private let worker: Process
    private let inputs: [Pipe]

    init(_ options: BenchOptions) async throws {
        folder = try temporaryFolder(in: options.folder)
        loop = try EventLoop(name: "bench")
        var log = Logger(label: "postgres")
        log.logLevel = .warning
        postgres = try await EmbeddedPostgres.start(.init(dataFolder: folder), logger: log)
        let database = PostgresConfiguration(url: postgres.connectionString)
        connection = try await PostgresConnection.connect(database, on: loop)
        _ = try await Migrator(connection).migrate()
        store = StateStore(pool: PostgresPool(database, size: 1, on: loop))
        let socket = "unix:\(folder)/leader", token = "bench"
        inputs = [Pipe(), Pipe()]
        scheduler = try role(
            ["scheduler", postgres.connectionString, socket, token, folder + "/logs"], input: inputs[0])
        worker = try role(
            [
                "worker", socket, token, String(options.slots), folder + "/worker",
                BuildFolder.file("slipstream-runner"),
            ],
            input: inputs[1])
        for name in ["stamps", "build"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
    }

    var stamps: String { folder + "/stamps" }

    /// Scheduler and worker; what they start is found below them.
    var ours: [Int32] { [scheduler.processIdentifier, worker.processIdentifier] }
    var postmaster: Int32? { postgres.processID }

    /// Publishes a workload as a compiled DAG file, as a bundle sync does.
    func publish(_ workload: Workload) async throws {
        let compiled = try CompiledDAG(workload.source(stamps: stamps), in: folder + "/build")
        let description = try JSONDecoder().decode(DAGDescription.self, from: compiled.description)
        let hash = SHA256.hash(data: compiled.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try await store.putArtifact(hash, compiled.bytes, now: .now)
        _ = try await store.publish(
            NewVersion(
                bundle: "bench", file: "\(workload.name).swift", commit: "bench", artifact: hash, files: "",
                fingerprint: description.fingerprint, document: description.document),
            now: .now)
    }

    /// Triggers a run and waits for its end.
    ///
    /// - Returns: The seconds from before the trigger until its end was seen in the database.
    func run(_ workload: Workload, _ runID: String) async throws -> Double {
        guard let dag = try await store.dag(workload.name) else {
            throw BenchError("\(workload.name) is not published")
        }
        let clock = ContinuousClock(), start = clock.now
        let run = try await store.createRun(
            NewRun(
                dagID: workload.name, runID: runID, versionID: dag.versionID, type: .manual, logicalDate: nil,
                dataIntervalStart: nil, dataIntervalEnd: nil, runAfter: .now, params: "{}", triggeredBy: "bench"),
            now: .now)
        ownTransactions += 2
        // A reader that asks every millisecond disturbs what it measures: not before the end is near.
        try await loop.sleep(for: (shortest[workload.name] ?? .zero) * 0.8)
        while clock.now - start < .seconds(120) {
            let state = try await query("SELECT state FROM dag_run WHERE id = \(run.id)").one()[
                "state", as: String.self]
            if state == "failed" { throw BenchError("run \(runID) of \(workload.name) failed") }
            if state == "success" {
                let makespan = clock.now - start
                shortest[workload.name] = min(shortest[workload.name] ?? makespan, makespan)
                return makespan.inSeconds
            }
            try await loop.sleep(for: .milliseconds(1))
        }
        throw BenchError("run \(runID) of \(workload.name) did not end within two minutes")
    }

    func query(_ sql: SQL) async throws -> PostgresRows {
        ownTransactions += 1
        return try await connection.query(sql)
    }

    func stop() async {
        for process in [worker, scheduler] {
            process.terminate()
            process.waitUntilExit()
        }
        await connection.close()
        await postgres.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

private func role(_ arguments: [String], input: Pipe) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: BuildFolder.program)
    process.arguments = arguments
    process.standardInput = input
    try process.run()
    return process
}

private func temporaryFolder(in parent: String) throws -> String {
    var template = Array("\(parent)/slipstream-bench-XXXXXX".utf8CString)
    // PostgreSQL, which may run as another user, has to pass through.
    guard mkdtemp(&template) != nil, chmod(template, 0o711) == 0 else {
        throw BenchError("no folder could be made in \(parent): \(String(cString: strerror(errno)))")
    }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

extension Instant {
    static var now: Instant { SystemClock.system.now().wall }
}
