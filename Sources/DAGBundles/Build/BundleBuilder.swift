internal import DAGModel
internal import Synchronization

/// Turns an exported tree into DAGs: finds the units, compiles what has changed, asks it what it declares, stores the artifacts.
///
/// A unit is compiled again only when its sources, the modules it imports, DAGKit or the compiler changed. One broken file never
/// touches another.
package struct BundleBuilder: Sendable {
    private let jail: Jail
    private let toolchain: Toolchain
    private let store: any ArtifactStore
    private let artifacts: FolderArtifactStore
    private let results: UnitResults
    private let modules: ModuleCache
    private let headers: HeaderCache
    private let stored = StoredArtifacts()

    /// - Parameters:
    ///   - store: where workers get compiled files and helper files from.
    ///   - folder: for the builder's own caches.
    package init(jail: Jail, toolchain: Toolchain, store: any ArtifactStore, folder: String) throws(BundleError) {
        self.jail = jail
        self.toolchain = toolchain
        self.store = store
        artifacts = try FolderArtifactStore(folder + "/artifacts")
        results = try UnitResults(folder + "/results")
        modules = try ModuleCache(folder + "/modules")
        headers = try HeaderCache(jail: jail, toolchain: toolchain, folder: folder + "/headers")
    }

    /// Builds one state of a bundle.
    ///
    /// - Parameter previous: the last build: its DAGs go on where a file is broken now, and keep their ids against newcomers.
    /// - Throws: ``BundleError`` when the machine, not a file of the bundle, is at fault.
    package func build(_ tree: BundleTree, after previous: BundleBuild? = nil) async throws -> BundleBuild {
        let sources = try SourceFiles(tree)
        let contents = try BundleContents(tree.files) { (path) throws(BundleError) in
            SwiftScanner(sources.bytes[path] ?? [])
        }
        let helpers = try await HelperFiles(contents.helpers, in: tree.folder).store(from: tree.folder, into: store)
        let job = BuildJob(
            compiler: Compiler(jail: jail, toolchain: toolchain, headers: headers, root: tree.folder),
            describer: Describer(jail: jail, toolchain: toolchain), identity: toolchain.identity, sources: sources,
            contents: contents, artifacts: artifacts, results: results, modules: modules)
        let outcomes = try await job.run()
        var units: [UnitBuild] = []
        for (unit, outcome) in zip(contents.units, outcomes) {
            switch outcome.result {
            case .failed(let errors): units.append(UnitBuild(path: unit.path, dag: nil, errors: errors))
            case .described(let description):
                try await publish(outcome.key)
                let version = DAGVersion(
                    description: description, artifact: outcome.key, helpers: helpers, commit: tree.commit,
                    tree: tree.id)
                units.append(UnitBuild(path: unit.path, dag: version, errors: []))
            }
        }
        return BundleBuild(commit: tree.commit, tree: tree.id, units: units, errors: contents.errors).following(
            previous)
    }

    /// Removes cached results and artifacts that none of these builds uses.
    package func prune(keeping builds: [BundleBuild]) {
        let keys = Set(builds.flatMap { $0.dags.map(\.artifact) })
        artifacts.prune(keeping: keys)
        results.prune(keeping: keys)
    }

    private func publish(_ key: String) async throws {
        guard !stored.contains(key) else { return }
        if try await !store.has(key), let bytes = try artifacts.get(key) { try await store.put(key, bytes) }
        stored.insert(key)
    }
}

/// The ids that the store is known to have.
private final class StoredArtifacts: Sendable {
    private let ids = Mutex<Set<String>>([])

    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
    func insert(_ id: String) { ids.withLock { _ = $0.insert(id) } }
}
