package import DAGBundles
internal import DAGModel
internal import Foundation
package import Logging
internal import ServiceLifecycle
package import Store
internal import Synchronization

/// Follows one source of DAGs: syncs, builds and publishes what has changed.
package final class BundleService: Service {
    /// How a bundle is followed.
    package struct Options: Sendable {
        package var name: String
        /// What people see: the address or folder, without secrets.
        package var source: String
        /// The time between two looks. Defaults to 5 s.
        package var poll: Duration = .seconds(5)
        /// Keeps what was built last, for the DAGs of files that are broken after a restart.
        package var memory: String
        /// Only the process of this name publishes, while it leads; nil in tests.
        package var leader: String?

        package init(name: String, source: String, memory: String, leader: String?) {
            self.name = name
            self.source = source
            self.memory = memory
            self.leader = leader
        }
    }

    private let options: Options
    private let trees: any BundleTrees
    private let builder: BundleBuilder
    private let publisher: BundlePublisher
    private let store: StateStore
    private let clock: SystemClock
    private let log: Logger
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    private struct State {
        var last: BundleBuild?
        var error: String?
        /// A DAG of the last build waits for a pool, a connection or a variable.
        var isIncomplete = false
    }

    package init(
        _ options: Options, trees: any BundleTrees, builder: BundleBuilder, artifacts: any ArtifactStore,
        store: StateStore,
        clock: SystemClock = .system, log: Logger
    ) {
        self.options = options
        self.trees = trees
        self.builder = builder
        self.store = store
        self.clock = clock
        self.log = log
        publisher = BundlePublisher(bundle: options.name, artifacts: artifacts, store: store)
        (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Looks at the source at once.
    package func syncNow() { wish.yield() }

    package func run() async throws {
        let last = Self.remembered(options.memory)
        // What was built is published again: the database may have lost it, or be another, and may have what a DAG lacked.
        state.withLock { ($0.last, $0.isIncomplete) = (last, last != nil) }
        wish.yield()
        let ticking = Task {
            while !Task.isCancelled {
                // Whoever makes what a DAG lacks wants to see it soon.
                try await Task.sleep(
                    for: state.withLock { $0.isIncomplete } ? min(options.poll, .seconds(1)) : options.poll)
                wish.yield()
            }
        }
        defer { ticking.cancel() }
        // A build that is under way is given up, and its compilers are killed: nobody waits for a compiler to stop a server.
        await cancelWhenGracefulShutdown {
            for await _ in self.wishes where !Task.isCancelled { await self.sync() }
        }
    }

    /// One look: nothing of what it finds wrong ends the service.
    private func sync() async {
        do {
            guard try await mayPublish() else { return }
            let (tree, warning) = try await trees.newest()
            if tree.id != state.withLock({ $0.last?.tree }) {
                try await build(tree)
            } else {
                try await complete()
            }
            try await note(commit: tree.commit, error: warning)
        } catch {
            guard !Task.isCancelled else { return }
            let (place, sentence) = ("bundle \(options.name): ", "\(error)")
            log.error("\(sentence.hasPrefix(place) ? sentence : place + sentence)")
            try? await note(commit: nil, error: "\(error)")
        }
    }

    private func mayPublish() async throws -> Bool {
        guard let leader = options.leader else { return true }
        return try await store.leader()?.name == leader
    }

    private func build(_ tree: BundleTree) async throws {
        let began = ContinuousClock.now
        log.info("Bundle \(options.name): compiling what has changed")
        let build = try await builder.build(tree, after: state.withLock { $0.last })
        let published = try await publisher.publish(build, now: clock.now().wall)
        try JSONEncoder().encode(build).write(to: URL(filePath: options.memory), options: .atomic)
        state.withLock { ($0.last, $0.isIncomplete) = (build, published.isIncomplete) }
        let seconds = (ContinuousClock.now - began).inSeconds
        log.notice(
            """
            Bundle \(options.name) at \(tree.commit.map { String($0.prefix(12)) } ?? "its saved files"): \(build.dags.count) DAGs, \
            \(published.changed) new versions, \(build.allErrors.count + published.errors.count) import errors, \(Int(seconds * 1_000)) ms
            """)
        for error in build.allErrors + published.errors { log.warning("Import error in \(error)") }
    }

    /// Publishes the DAGs that waited for something which exists now.
    private func complete() async throws {
        guard let build = state.withLock({ $0.isIncomplete ? $0.last : nil }) else { return }
        let published = try await publisher.publish(build, now: clock.now().wall)
        state.withLock { $0.isIncomplete = published.isIncomplete }
        guard published.changed > 0 else { return }
        log.notice("Bundle \(options.name): \(published.changed) DAGs have what they lacked, and are current now")
    }

    private func note(commit: String?, error: String?) async throws {
        try await store.saveBundle(
            name: options.name, source: options.source, commit: commit, error: error, now: clock.now().wall)
    }

    private static func remembered(_ path: String) -> BundleBuild? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONDecoder().decode(BundleBuild.self, from: data)
    }
}
