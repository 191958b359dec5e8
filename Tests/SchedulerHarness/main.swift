// A scheduler without dagctl, for tests: `scheduler-harness NAME DATABASE_URL SOCKET FOLDER LEASE_MS LEADER_LEASE_MS LINK`. While it leads,
// the symbolic link leads to its socket, so that workers find it.
import Dispatch
import Glibc
import Logging
import Postgres
import Scheduler
import ServiceLifecycle
import Store
import Supervision
import UnixSignals

struct NoSecrets: SecretSource {
    func connection(_ id: String) async throws -> [UInt8]? { nil }
    func variable(_ key: String) async throws -> [UInt8]? { nil }
}

/// Replaces the link in one step.
func point(_ link: String, to socket: SocketEndpoint) {
    guard case .unix(let path) = socket else { return }
    let new = "\(link).\(getpid())"
    unlink(new)
    symlink(path, new)
    rename(new, link)
}

func schedule(_ arguments: [String]) async throws {
    guard arguments.count == 7, let socket = SocketEndpoint(arguments[2]), let lease = Int(arguments[4]),
        let leaderLease = Int(arguments[5])
    else { exit(64) }
    var log = Logger(label: "scheduler")
    log.logLevel = .error
    let loop = try EventLoop(name: "scheduler")
    let database = PostgresConfiguration(url: arguments[1])
    var options = SchedulerOptions(name: arguments[0], endpoint: socket, workerToken: "secret")
    options.rules.lease = .milliseconds(lease)
    options.rules.heartbeat = .milliseconds(lease / 8)
    options.rules.hold = .milliseconds(lease * 3)
    options.callbacks.pause = .milliseconds(20)
    options.leaderLease = .milliseconds(leaderLease)
    let service = SchedulerService(
        options: options, database: database, store: StateStore(pool: PostgresPool(database, size: 3, on: loop)),
        logs: try FileLogStore(folder: arguments[3], log: log), secrets: NoSecrets(), loop: loop, log: log,
        leading: { _ in point(arguments[6], to: socket) })
    try await ServiceGroup(services: [service], gracefulShutdownSignals: [.sigterm], logger: log).run()
}

Task {
    do { try await schedule(Array(CommandLine.arguments.dropFirst())) } catch {
        let line = "scheduler-harness: \(error)\n"
        write(2, line, line.utf8.count)
        exit(1)
    }
    exit(0)
}
dispatchMain()
