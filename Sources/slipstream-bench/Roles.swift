import Foundation
import Glibc
import Logging
import Postgres
import Scheduler
import ServiceLifecycle
import Store
import Supervision
import UnixSignals
import Worker

/// The scheduler's process: `slipstream-bench scheduler DATABASE SOCKET TOKEN LOGS`.
struct SchedulerRole {
    private let arguments: [String]

    init(_ arguments: ArraySlice<String>) throws(BenchError) {
        guard arguments.count == 4 else { throw BenchError(BenchOptions.usage) }
        self.arguments = Array(arguments)
    }

    func run() async throws {
        guard let endpoint = SocketEndpoint(arguments[1]) else { throw BenchError("\(arguments[1]) is no socket") }
        let log = roleLog("scheduler")
        let loop = try EventLoop(name: "scheduler")
        let database = PostgresConfiguration(url: arguments[0])
        let service = SchedulerService(
            options: SchedulerOptions(name: "bench", endpoint: endpoint, workerToken: arguments[2]), database: database,
            store: StateStore(pool: PostgresPool(database, size: 3, on: loop)),
            logs: try FileLogStore(folder: arguments[3], log: log), secrets: NoSecrets(), loop: loop, log: log)
        try await serve(service, log)
    }
}

/// The worker's process: `slipstream-bench worker SOCKET TOKEN SLOTS FOLDER RUNNER`.
struct WorkerRole {
    private let options: WorkerOptions

    init(_ arguments: ArraySlice<String>) throws(BenchError) {
        let arguments = Array(arguments)
        guard arguments.count == 5, let leader = SocketEndpoint(arguments[0]), let slots = Int(arguments[2]) else {
            throw BenchError(BenchOptions.usage)
        }
        options = WorkerOptions(
            leader: leader, token: arguments[1], name: "bench", slots: slots, dataFolder: arguments[3],
            runner: arguments[4])
    }

    func run() async throws {
        let log = roleLog("worker")
        try await serve(WorkerService(options, log: log), log)
    }
}

/// Runs a service until SIGTERM, or until standard input ends: with the bench, however that ends.
private func serve(_ service: any Service, _ log: Logger) async throws {
    let group = ServiceGroup(services: [service], gracefulShutdownSignals: [.sigterm], logger: log)
    Thread.detachNewThread {
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
        Task { await group.triggerGracefulShutdown() }
    }
    try await group.run()
}

private func roleLog(_ label: String) -> Logger {
    var log = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
    log.logLevel = .error
    return log
}

/// The workloads use no connections.
private struct NoSecrets: SecretSource {
    func connection(_ id: String) async throws -> [UInt8]? { nil }
    func variable(_ key: String) async throws -> [UInt8]? { nil }
}
