import ArgumentParser
import DAGModel
import Foundation
import Logging
import Postgres
import Scheduler
import ServiceLifecycle
import Store
import Supervision
import UnixSignals

/// `dagctl scheduler`: a scheduler of its own, for installations on several hosts.
struct SchedulerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "Run a scheduler against the database of SLIPSTREAM_DATABASE_URL.",
        discussion: """
            Several schedulers may run: one leads, the others stand by and take over within seconds. Workers connect to the leader. \
            Migrate the database first: dagctl db migrate.

            Example: dagctl scheduler --data /var/lib/slipstream --listen 0.0.0.0:8794 --git https://git.example/dags.git
            """)

    @OptionGroup var services: ServiceOptions

    @Option(help: "Where workers connect: HOST:PORT or unix:PATH.")
    var listen = "127.0.0.1:8794"

    @Option(
        help:
            "What workers are told to connect to. Defaults to --listen, with the name of this host for all addresses (0.0.0.0)."
    )
    var advertise: String?

    @Option(help: "Seconds without a word from a worker after which its tasks are given to others.")
    var workerLease = 20.0

    @OptionGroup var large: LargeOutputOptions

    @OptionGroup var bundle: BundleOptions

    func validate() throws {
        if !(1...3_600).contains(workerLease) {
            throw ValidationError("--worker-lease: must be 1 to 3600, is \(workerLease)")
        }
    }

    func run() async throws {
        guard let endpoint = SocketEndpoint(listen) else {
            throw ValidationError("--listen: must be HOST:PORT or unix:PATH, is \"\(listen)\"")
        }
        let log = ServiceLog.make("scheduler")
        let retention = try RetentionPolicy.configured()
        let parts = try await ServiceParts(services, log: log)
        var options = SchedulerOptions(
            name: parts.name, endpoint: endpoint, workerToken: try parts.folder.secret("worker-token"))
        options.advertised = try advertised(listening: endpoint)
        options.rules.lease = .milliseconds(Int64(workerLease * 1_000))
        options.rules.heartbeat = options.rules.lease / 4
        options.retention.policy = retention
        large.apply(to: &options)
        let following = try await bundle.service(parts)
        let scheduler = SchedulerService(
            options: options, database: parts.configuration, store: parts.store,
            logs: PostgresLogStore(parts.store, log: log),
            secrets: StoreSecrets(store: parts.store, sealer: parts.sealer), loop: parts.loop, log: log,
            syncRequested: { _ in following?.syncNow() }, leading: { _ in following?.syncNow() })
        let group = ServiceGroup(
            services: [scheduler] + (following.map { [$0] } ?? []), gracefulShutdownSignals: [.sigterm, .sigint],
            logger: log)
        try await group.run()
    }
    private func advertised(listening: SocketEndpoint) throws -> SocketEndpoint? {
        if let advertise {
            guard let endpoint = SocketEndpoint(advertise) else {
                throw ValidationError("--advertise: must be HOST:PORT or unix:PATH, is \"\(advertise)\"")
            }
            return endpoint
        }
        guard case .tcp(let host, let port) = listening, ["0.0.0.0", "::"].contains(host) else { return nil }
        return .tcp(host: ProcessInfo.processInfo.hostName, port: port)
    }
}
