internal import DAGBundles
internal import DAGModel
internal import Store
internal import Synchronization

/// Makes the DAGs of a build current: artifacts for the workers, versions, import errors.
struct BundlePublisher: Sendable {
    let bundle: String
    /// Where the builder left compiled files and helper files.
    let artifacts: any ArtifactStore
    let store: StateStore
    private let known = StoredHashes()

    init(bundle: String, artifacts: any ArtifactStore, store: StateStore) {
        self.bundle = bundle
        self.artifacts = artifacts
        self.store = store
    }

    /// A DAG whose current version is the one of the build already is left alone, so that one changed file of many costs one write.
    ///
    func publish(_ build: BundleBuild, now: Instant) async throws -> Published {
        let current = Dictionary(
            try await store.currentVersions().map { ($0.dagID, $0) }, uniquingKeysWith: { first, _ in first })
        let conflicts = AssetConflicts(build, current: current)
        let missing = MissingReferences(build, current: current, known: try await store.knownReferences())
        var changed = 0
        for unit in build.units {
            guard let dag = unit.dag, conflicts[dag.id] == nil, !missing.concern(dag.id),
                let compiled = try await compiled(dag.artifact, now: now)
            else { continue }
            let files = try await archive(dag.helpers, now: now)
            if let current = current[dag.id], current.artifact == compiled, current.files == files,
                current.bundle == bundle,
                current.file == unit.path
            {
                continue
            }
            let version = NewVersion(
                bundle: bundle, file: unit.path, commit: dag.commit ?? "", artifact: compiled, files: files,
                fingerprint: dag.description.fingerprint, document: dag.description.document)
            let id = try await store.publish(version, now: now)
            if current[dag.id]?.id != id { changed += 1 }
        }
        try await store.retireDAGs(bundle: bundle, keeping: build.dags.map(\.id), now: now)
        let found = conflicts.errors(of: build) + missing.errors(of: build)
        try await store.saveImportErrors(bundle: bundle, (build.allErrors + found).map { record($0, build, now) })
        return Published(changed: changed, errors: found, isIncomplete: !missing.isEmpty)
    }

    /// The hash of a compiled file, which is in the store afterwards; nil when the builder has lost it.
    private func compiled(_ key: String, now: Instant) async throws -> String? {
        if let hash = known[key] { return hash }
        guard let bytes = try await artifacts.get(key) else { return nil }
        return try await keep(bytes, as: key, now: now)
    }

    /// Packs the helper files of a tree into one archive and returns its hash; the empty text when there are none.
    private func archive(_ list: String, now: Instant) async throws -> String {
        if let hash = known[list] { return hash }
        guard let archive = try await HelperArchive.pack(list, from: artifacts) else { return "" }
        return try await keep(archive, as: list, now: now)
    }

    private func keep(_ bytes: [UInt8], as key: String, now: Instant) async throws -> String {
        let hash = sha256(bytes)
        if try await !store.hasArtifact(hash) { try await store.putArtifact(hash, bytes, now: now) }
        known[key] = hash
        return hash
    }

    private func record(_ error: ImportError, _ build: BundleBuild, _ now: Instant) -> ImportErrorRecord {
        ImportErrorRecord(
            bundle: bundle, file: error.file, line: error.line ?? 0, column: error.column ?? 0, message: error.message,
            commit: build.commit ?? "", createdAt: now)
    }
}

/// What came of publishing a build.
struct Published: Sendable {
    /// The number of DAGs whose version changed.
    var changed: Int
    /// What is wrong only beside other DAGs, or for want of something that they name.
    var errors: [ImportError]
    /// A DAG waits for something that it names to be made.
    var isIncomplete: Bool
}

/// What the builder's ids are called in the store, as far as it is there.
private final class StoredHashes: Sendable {
    private let hashes = Mutex<[String: String]>([:])

    subscript(key: String) -> String? {
        get { hashes.withLock { $0[key] } }
        set { hashes.withLock { $0[key] = newValue } }
    }
}
