internal import Crypto
internal import DAGModel
package import Logging
package import Postgres
internal import ServiceLifecycle
package import Store
package import Supervision

/// A scheduler process: stands by until no other scheduler leads, then leads until it is stopped or another one took over.
package struct SchedulerService: Service {
    let options: SchedulerOptions
    let database: PostgresConfiguration
    let store: StateStore
    let logs: any LogStore
    let secrets: any SecretSource
    let clock: SystemClock
    let loop: EventLoop
    let log: Logger
    /// Called when somebody asks for a sync of a bundle, with its name.
    let syncRequested: @Sendable (String) -> Void
    /// Called on each term with the address for workers, once the leader accepts them.
    let leading: @Sendable (SocketEndpoint) async -> Void

    package init(
        options: SchedulerOptions, database: PostgresConfiguration, store: StateStore, logs: any LogStore,
        secrets: any SecretSource, clock: SystemClock = .system, loop: EventLoop, log: Logger,
        syncRequested: @escaping @Sendable (String) -> Void = { _ in },
        leading: @escaping @Sendable (SocketEndpoint) async -> Void = { _ in }
    ) {
        self.options = options
        self.database = database
        self.store = store
        self.logs = logs
        self.secrets = secrets
        self.clock = clock
        self.loop = loop
        self.log = log
        self.syncRequested = syncRequested
        self.leading = leading
    }

    package func run() async throws {
        let term = Term(service: self)
        try await withGracefulShutdownHandler {
            try await withTaskExecutorPreference(loop) { try await term.run() }
        } onGracefulShutdown: {
            Task { await term.stop() }
        }
    }
}

/// The life of one scheduler process, on its event loop.
private actor Term {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let service: SchedulerService
    private var leader: Leader?
    private var isStopping = false
    private var standby: Task<Void, any Error>?

    init(service: SchedulerService) {
        self.service = service
        loop = service.loop
    }

    func stop() async {
        isStopping = true
        standby?.cancel()
        await leader?.resign()
    }

    func run() async throws {
        while !isStopping {
            do {
                try await lead()
            } catch StoreError.fenced {
                service.log.warning("Another scheduler took over; standing by")
            } catch let error as PostgresError where error.isUnavailable {
                service.log.error("PostgreSQL is not reachable; trying again: \(error)")
            }
            try await rest()
        }
    }

    /// A moment between two looks at the leader's row, cut short by a stop.
    private func rest() async throws {
        guard !isStopping else { return }
        let standby = Task { try await loop.sleep(for: service.options.leaderLease / 5) }
        self.standby = standby
        do { try await standby.value } catch is CancellationError { return }
    }

    private func lead() async throws {
        let current = try await service.store.leader()
        let isFree = current.map { ($0.silence ?? .infinity) > service.options.leaderLease.inSeconds } ?? false
        guard isFree, let current else { return }
        let connections = LeaderConnections(loop: loop)
        let address = service.options.address(listening: try await connections.listen(service.options.endpoint))
        defer { connections.close() }
        guard
            let epoch = try await service.store.takeLead(
                from: current.epoch, name: service.options.name, address: address.description,
                workerToken: Array(SHA256.hash(data: Array(service.options.workerToken.utf8))),
                lease: service.options.leaderLease.inSeconds)
        else { return }
        try await lead(epoch: epoch, address, connections)
    }

    private func lead(epoch: Int64, _ address: SocketEndpoint, _ connections: LeaderConnections) async throws {
        service.log.notice("Leading with epoch \(epoch); workers connect to \(address)")
        let committerPool = PostgresPool(TickCommitter.configuration(service.database), size: 1, on: loop)
        let leader = Leader(
            epoch: epoch, options: service.options, store: service.store,
            committer: TickCommitter(pool: committerPool, epoch: epoch), logs: service.logs, secrets: service.secrets,
            clock: service.clock, loop: loop, log: service.log)
        self.leader = leader
        defer { self.leader = nil }
        if isStopping { await leader.resign() }
        let beat = Task { await leader.renewLead() }
        defer { beat.cancel() }
        do {
            try await leader.takeOver()
            let ears = Task { await listen(for: leader) }
            defer { ears.cancel() }
            let broom = Task { await leader.removeWhatIsOld() }
            defer { broom.cancel() }
            connections.accept { connection in leader.assumeIsolated { $0.accept(connection) } }
            await service.leading(address)
            try await leader.lead()
        } catch {
            await committerPool.close()
            throw error
        }
        await committerPool.close()
        try await service.store.stepDown(epoch: epoch)
    }

    /// Passes notifications on to the leader, over a new connection whenever one is lost.
    private func listen(for leader: Leader) async {
        while !Task.isCancelled {
            do {
                try await listenOnce(for: leader)
            } catch {
                service.log.warning("Changes by others are seen late: \(error)")
            }
            do { try await loop.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    private func listenOnce(for leader: Leader) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let connection = try await PostgresConnection.connect(service.database, on: loop) { _ in ended.finish() }
        let syncRequested = service.syncRequested
        do {
            try await connection.listen("slipstream") { notification in
                if notification.payload.hasPrefix("bundle:") {
                    return syncRequested(String(notification.payload.dropFirst(7)))
                }
                Task { await leader.received(notification.payload) }
            }
            // What happened while nobody listened.
            try await leader.reconcile()
        } catch {
            await connection.close()
            throw error
        }
        for await _ in ends {}
        await connection.close()
    }
}
