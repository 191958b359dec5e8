import Crypto
import DAGModel
import Foundation
import Logging
import Postgres
import Store
import Supervision
import Synchronization
import Testing
import TestSupport

/// A scheduler and an API on this machine and workers on the other host, all of them the real program.
final class Installation: Sendable {
    let hosts: TwoHosts
    let store: StateStore
    /// Shared by both hosts, for what the tasks and the tests tell each other.
    let shared: URL
    private let database: TestDatabase
    private let loop: EventLoop
    private let folder: URL
    private let scheduler: Program
    private let api: Program
    private let workers = Mutex<[Program]>([])

    /// - Parameter lease: The lease of workers, in seconds.
    static func with(lease: Double = 20, _ body: (Installation) async throws -> Void) async throws {
        let hosts = try TwoHosts()
        defer { hosts.remove() }
        let installation = try await Installation(hosts, lease: lease)
        do { try await body(installation) } catch {
            installation.stop()
            throw error
        }
        installation.stop()
    }

    private init(_ hosts: TwoHosts, lease: Double) async throws {
        self.hosts = hosts
        database = try await TestPostgres.freshDatabase()
        loop = try EventLoop(name: "test")
        let folder = URL(filePath: "/tmp/slip-\(UUID().uuidString.prefix(8))")
        self.folder = folder
        shared = folder.appending(path: "shared")
        let data = folder.appending(path: "scheduler")
        for made in [shared, data] {
            try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        }
        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
        _ = try await Migrator(connection).migrate()
        await connection.close()
        store = StateStore(pool: PostgresPool(database.configuration, size: 2, on: loop))
        _ = try KeyRing.loadOrCreate(data.appending(path: "keys").path)
        let environment = ["SLIPSTREAM_DATABASE_URL": database.url]
        scheduler = try Program(
            [
                BuildFolder.path + "/dagctl", "scheduler", "--data", data.path, "--listen", "\(hosts.here):0",
                "--worker-lease", "\(lease)",
            ],
            environment)
        api = try Program(
            [BuildFolder.path + "/dagctl", "api", "--data", data.path, "--host", hosts.here, "--port", "0"], environment
        )
    }

    /// The API's address, once it listens.
    func server() async throws -> String {
        let file = folder.appending(path: "scheduler/api.json")
        try await until("the API listens") { FileManager.default.fileExists(atPath: file.path) }
        struct Announcement: Decodable { var url: String }
        return try JSONDecoder().decode(Announcement.self, from: Data(contentsOf: file)).url
    }

    func workerToken() async throws -> String {
        let file = folder.appending(path: "scheduler/worker-token")
        try await until("a scheduler leads") { try await self.store.leader()?.address.isEmpty == false }
        return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Starts a worker on the other host. It is told the API's address and the worker token, and sees neither PostgreSQL nor the
    /// scheduler's data folder.
    func startWorker(_ options: [String]? = nil, token: String? = nil) async throws -> Program {
        let token = if let token { token } else { try await workerToken() }
        let options = if let options { options } else { ["--server", try await server()] }
        let hidden = [database.server.folder, folder.appending(path: "scheduler").path]
        let arguments = ["worker", "--slots", "2", "--data", folder.appending(path: "worker").path] + options
        let worker = try Program(
            hosts.command(BuildFolder.path + "/dagctl", arguments, hiding: hidden), ["SLIPSTREAM_WORKER_TOKEN": token])
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Publishes a DAG file with one helper file and returns its id.
    func publish(_ source: String, helper: (name: String, text: String)) async throws -> String {
        let compiled = try CompiledDAG(source)
        let description = try JSONDecoder().decode(DAGDescription.self, from: compiled.description)
        let helpers = try archive(helper)
        for bytes in [compiled.bytes, helpers] { try await store.putArtifact(hash(bytes), bytes, now: now) }
        _ = try await store.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: hash(compiled.bytes),
                files: hash(helpers),
                fingerprint: description.fingerprint, document: description.document),
            now: now)
        return description.document.id
    }

    func trigger(_ dagID: String) async throws -> RunRecord {
        let dag = try #require(try await store.dag(dagID))
        return try await store.createRun(
            NewRun(
                dagID: dagID, runID: "manual__1", versionID: dag.versionID, type: .manual, logicalDate: nil,
                dataIntervalStart: nil, dataIntervalEnd: nil, runAfter: now, params: "{}", triggeredBy: "test"),
            now: now)
    }

    func finished(_ run: RunRecord) async throws -> RunRecord {
        try await until("the run has ended") { try await self.store.run(id: run.id)?.state.isFinished == true }
        return try #require(try await store.run(id: run.id))
    }

    /// The complete log of an attempt.
    func log(of attempt: Int64) async throws -> String {
        try await until("the log is complete") {
            try await self.store.logChunks(attempt: attempt, from: 0, limit: 64).contains(where: \.isLast)
        }
        let bytes = try await store.logChunks(attempt: attempt, from: 0, limit: 64).flatMap(\.bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What tasks and tests tell each other.
    func tell(_ name: String) throws { try Data().write(to: shared.appending(path: name)) }
    func hears(_ name: String) async throws {
        try await until("a task has written \(name)") {
            FileManager.default.fileExists(atPath: self.shared.appending(path: name).path)
        }
    }

    func until(_ what: String, _ isTrue: () async throws -> Bool) async throws {
        for _ in 0..<6_000 {
            if try await isTrue() { return }
            try await loop.sleep(for: .milliseconds(20))
        }
        throw CommandFailed(
            description: "waited in vain until \(what); scheduler: \(scheduler.errors); api: \(api.errors)")
    }

    private var now: Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

    private func hash(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func archive(_ helper: (name: String, text: String)) throws -> [UInt8] {
        let files = folder.appending(path: "helpers")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        try helper.text.write(to: files.appending(path: helper.name), atomically: true, encoding: .utf8)
        let tar = try Program(
            ["tar", "--format=ustar", "-cf", folder.appending(path: "helpers.tar").path, "-C", files.path, "."], [:])
        #expect(tar.waitUntilExit() == 0)
        return Array(try Data(contentsOf: folder.appending(path: "helpers.tar")))
    }

    private func stop() {
        for program in workers.withLock(\.self) + [api, scheduler] { program.stop() }
        loop.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A running program, of which standard error is kept.
final class Program: Sendable {
    private let process: Process
    private let errorFile: URL

    init(_ command: [String], _ environment: [String: String]) throws {
        process = Process()
        errorFile = URL(filePath: "/tmp/slip-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = environment.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: errorFile) }

    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    func waitUntilExit() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Waits for the end on a thread of its own.
    func ended() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in continuation.resume(returning: waitUntilExit()) }
        }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
