import Crypto
import DAGModel
import Foundation
import Logging
import Postgres
import Scheduler
import ServiceLifecycle
import Store
import Supervision
import UnixSignals
import WebAPI

/// Puts the parts of `dagctl standalone` together.
struct StandaloneAssembly {
    private let services: [any Service]
    private let database: EmbeddedPostgres?
    private let folder: DataFolder
    private let log: Logger

    init(_ options: Standalone, folder: DataFolder, log: Logger) async throws {
        self.folder = folder
        self.log = log
        let retention = try RetentionPolicy.configured()
        let given = ProcessInfo.processInfo.environment["SLIPSTREAM_DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        database = given == nil ? try await Self.startDatabase(folder, log) : nil
        let parts = try await ServiceParts(
            folder: folder, database: given ?? database?.connectionString ?? "",
            ring: try KeyRing.loadOrCreate(folder.file("keys")))
        try await Self.migrate(parts, log)
        let logs = try FileLogStore(folder: folder.file("logs"), log: log)
        let socket = try Self.socket(folder)
        let following = try await options.bundle.service(parts)
        var scheduling = SchedulerOptions(
            name: parts.name, endpoint: socket, workerToken: try folder.secret("worker-token"))
        scheduling.retention.policy = retention
        options.large.apply(to: &scheduling)
        let scheduler = SchedulerService(
            options: scheduling, database: parts.configuration, store: parts.store, logs: logs,
            secrets: StoreSecrets(store: parts.store, sealer: parts.sealer), loop: parts.loop,
            log: ServiceLog.make("scheduler"), syncRequested: { _ in following?.syncNow() },
            leading: { _ in following?.syncNow() })
        let worker = LocalWorkerProcess(
            folder: folder, leader: socket, slots: options.slots ?? ProcessInfo.processInfo.activeProcessorCount,
            loop: parts.loop, log: log)
        services =
            [scheduler] + (following.map { [$0] } ?? []) + [worker, try await Self.server(options, parts, logs, log)]
    }

    func run() async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await group.run()) } catch { outcome = .failure(error) }
        try? FileManager.default.removeItem(atPath: folder.file("api.json"))
        await database?.stop()
        try outcome.get()
    }

    private static func startDatabase(_ folder: DataFolder, _ log: Logger) async throws -> EmbeddedPostgres {
        let environment = ProcessInfo.processInfo.environment
        return try await EmbeddedPostgres.start(
            .init(dataFolder: folder.path, path: environment["PATH"], runtimeFolder: environment["XDG_RUNTIME_DIR"]),
            logger: log)
    }

    private static func migrate(_ parts: ServiceParts, _ log: Logger) async throws {
        let connection = try await parts.firstConnection(log)
        _ = try await Migrator(connection).migrate()
        await connection.close()
    }

    private static func server(
        _ options: Standalone, _ parts: ServiceParts, _ logs: any LogStore, _ log: Logger
    ) async throws -> APIServer {
        let token = try parts.folder.secret("token")
        try await parts.store.saveToken(
            hash: Array(SHA256.hash(data: Data(token.utf8))), name: "standalone", now: ServiceParts.now())
        let api = API(
            store: parts.store, sealer: parts.sealer, logs: StoredLogs(logs), version: Release.version,
            logger: ServiceLog.make("api"), now: ServiceParts.now)
        let folder = parts.folder
        return APIServer(api, .init(port: options.port)) { port in folder.announce(port, log) }
    }

    /// The scheduler's socket: in the data folder when its path is short enough, else in a private folder under /tmp.
    private static func socket(_ folder: DataFolder) throws -> SocketEndpoint {
        let path = folder.file("scheduler.socket")
        if path.utf8.count < 100 { return .unix(path: path) }
        let hash = SHA256.hash(data: Data(folder.path.utf8)).prefix(8).map { String(format: "%02x", $0) }.joined()
        let short = DataFolder(path: "/tmp/slipstream-\(getuid())-\(hash)")
        try short.create()
        return .unix(path: short.file("scheduler.socket"))
    }
}

/// The logs of attempts, for the API.
struct StoredLogs: LogSource {
    let store: any LogStore

    init(_ store: any LogStore) { self.store = store }

    func read(attempt: Int64, from: Int64, limit: Int) async throws -> WebAPI.LogPart {
        let part = try await store.read(attempt: attempt, from: from, limit: limit)
        return WebAPI.LogPart(bytes: part.bytes, isComplete: part.isComplete)
    }
}
