import Crypto
import DAGBundles
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
        let environment = ProcessInfo.processInfo.environment
        let ring = try KeyRing.loadOrCreate(folder.file("keys"))
        let given = environment["SLIPSTREAM_DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        database = given == nil ? try await Self.startDatabase(folder, environment, log) : nil
        let configuration = PostgresConfiguration(url: given ?? database?.connectionString ?? "")
        let loop = try EventLoop(name: "scheduler")
        try await Self.migrate(configuration, loop)
        let store = Store(pool: PostgresPool(configuration, size: 4, on: loop))
        let sealer = Sealer(ring: ring)
        let logs = try FileLogStore(folder: folder.file("logs"), log: log)
        let name = "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)"
        let socket = try Self.socket(folder)
        let scheduler = SchedulerOptions(name: name, endpoint: socket, workerToken: try folder.secret("worker-token"))
        let bundle = try await Self.bundle(options, folder, store, leader: name, loop, log)
        let leading = SchedulerService(
            options: scheduler, database: configuration, store: store, logs: logs,
            secrets: StoreSecrets(store: store, sealer: sealer), loop: loop, log: ServiceLog.make("scheduler"),
            syncRequested: { _ in bundle?.syncNow() }, leading: { _ in bundle?.syncNow() })
        let token = try folder.secret("token")
        try await store.saveToken(hash: Array(SHA256.hash(data: Data(token.utf8))), name: "standalone", now: Self.now())
        let api = API(
            store: store, sealer: sealer, logs: StoredLogs(logs), version: Release.version, logger: ServiceLog.make("api"),
            now: Self.now)
        let server = APIServer(api, .init(port: options.port)) { port in
            Self.announce(port, folder, log)
        }
        let worker = LocalWorkerProcess(
            folder: folder, leader: socket, slots: options.slots ?? ProcessInfo.processInfo.activeProcessorCount, loop: loop,
            log: log)
        services = [leading] + (bundle.map { [$0] } ?? []) + [worker, server]
    }

    func run() async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await group.run()) } catch { outcome = .failure(error) }
        try? FileManager.default.removeItem(atPath: folder.file("api.json"))
        await database?.stop()
        try outcome.get()
    }

    private static func startDatabase(
        _ folder: DataFolder, _ environment: [String: String], _ log: Logger
    ) async throws -> EmbeddedPostgres {
        try await EmbeddedPostgres.start(
            .init(
                dataFolder: folder.path, path: environment["PATH"], runtimeFolder: environment["XDG_RUNTIME_DIR"]),
            logger: log)
    }

    private static func migrate(_ configuration: PostgresConfiguration, _ loop: EventLoop) async throws {
        let connection = try await PostgresConnection.connect(configuration, on: loop)
        _ = try await Migrator(connection).migrate()
        await connection.close()
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

    private static func bundle(
        _ options: Standalone, _ folder: DataFolder, _ store: Store, leader: String, _ loop: EventLoop, _ log: Logger
    ) async throws -> BundleService? {
        guard options.git != nil || options.bundle != nil else { return nil }
        let bundles = DataFolder(path: folder.file("bundles"))
        try bundles.create()
        let installation = Installation.current
        let artifacts = try FolderArtifactStore(bundles.file("store"))
        let builder = try BundleBuilder(
            jail: try await Jail(on: loop, noJail: options.withoutJail),
            toolchain: try Toolchain(
                modules: installation.modules, library: installation.library, runner: installation.runner),
            store: artifacts, folder: bundles.file("build"))
        let trees = try await trees(options, bundles)
        var service = BundleService.Options(
            name: "dags", source: options.git.map(redacted) ?? options.bundle ?? "", memory: bundles.file("last.json"),
            leader: leader)
        service.poll = .seconds(max(1, options.pollSeconds))
        let following = BundleService(
            service, trees: trees, builder: builder, artifacts: artifacts, store: store, log: ServiceLog.make("bundles"))
        if let bundle = options.bundle { try await watch(DataFolder.absolute(bundle), following, loop) }
        return following
    }

    /// Saved files are picked up as soon as the folder has been quiet for a moment.
    private static func watch(_ folder: String, _ service: BundleService, _ loop: EventLoop) async throws {
        try await loop.run {
            _ = try FolderWatcher(folder, ignoring: [".git", ".build"], on: loop) { _ in
                loop.schedule(after: .milliseconds(100)) { service.syncNow() }
            }
        }
    }

    private static func trees(_ options: Standalone, _ bundles: DataFolder) async throws -> any BundleTrees {
        guard let git = options.git else {
            let folder = DataFolder.absolute(options.bundle ?? ".")
            return FolderTrees(try WorkingCopy(folder, exports: bundles.file("copies")))
        }
        let source = GitSource(name: "dags", url: git, reference: .branch(options.branch), subpath: options.subfolder)
        return GitTrees(try GitRepository(source, folder: bundles.file("dags"))) { .none }
    }

    private static func announce(_ port: Int, _ folder: DataFolder, _ log: Logger) {
        do {
            try folder.writePrivately("{\"url\":\"http://127.0.0.1:\(port)\"}\n", to: "api.json")
            log.notice("The API listens on http://127.0.0.1:\(port); dagctl finds it by the data folder \(folder.path)")
        } catch {
            log.error("\(error)")
        }
    }

    private static let now: @Sendable () -> Instant = { SystemClock.system.now().wall }
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
