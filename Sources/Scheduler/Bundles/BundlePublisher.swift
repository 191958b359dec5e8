internal import DAGBundles
internal import DAGModel
internal import Store

/// Makes the DAGs of a build current: artifacts for the workers, versions, import errors.
struct BundlePublisher: Sendable {
    let bundle: String
    /// Where the builder left compiled files and helper files.
    let artifacts: any ArtifactStore
    let store: Store

    /// - Returns: The number of DAGs whose version changed.
    func publish(_ build: BundleBuild, now: Instant) async throws -> Int {
        let current = Dictionary(
            try await store.currentVersions().map { ($0.dagID, $0) }, uniquingKeysWith: { first, _ in first })
        var archives: [String: String] = [:]
        var changed = 0
        for unit in build.units {
            guard let dag = unit.dag, let compiled = try await artifacts.get(dag.artifact) else { continue }
            if archives[dag.helpers] == nil { archives[dag.helpers] = try await archive(dag.helpers, now: now) }
            let version = NewVersion(
                bundle: bundle, file: unit.path, commit: dag.commit ?? "", artifact: try await keep(compiled, now: now),
                files: archives[dag.helpers] ?? "", fingerprint: dag.description.fingerprint,
                document: dag.description.document)
            let id = try await store.publish(version, now: now)
            if current[dag.id]?.id != id { changed += 1 }
        }
        try await store.retireDAGs(bundle: bundle, keeping: build.dags.map(\.id), now: now)
        try await store.saveImportErrors(bundle: bundle, build.allErrors.map { record($0, build, now) })
        return changed
    }

    private func keep(_ bytes: [UInt8], now: Instant) async throws -> String {
        let hash = sha256(bytes)
        if try await !store.hasArtifact(hash) { try await store.putArtifact(hash, bytes, now: now) }
        return hash
    }

    /// Packs the helper files of a tree into one archive; the empty text when there are none.
    private func archive(_ list: String, now: Instant) async throws -> String {
        guard let archive = try await HelperArchive.pack(list, from: artifacts) else { return "" }
        return try await keep(archive, now: now)
    }

    private func record(_ error: ImportError, _ build: BundleBuild, _ now: Instant) -> ImportErrorRecord {
        ImportErrorRecord(
            bundle: bundle, file: error.file, line: error.line ?? 0, column: error.column ?? 0, message: error.message,
            commit: build.commit ?? "", createdAt: now)
    }
}
