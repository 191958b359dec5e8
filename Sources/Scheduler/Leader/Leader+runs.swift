internal import DAGModel
internal import Logging
internal import Store
internal import WorkerProtocol

// What the leader reads from the database.
extension Leader {
    /// Reads every unfinished run; the first thing a leader does.
    func takeOver() async throws {
        try await store.ensurePartitions()
        try await reconcile()
    }

    /// Compares memory with the database: picks up whatever a lost notification would have told.
    func reconcile() async throws {
        for dag in try await store.dags() where knownDAGs[dag.dagID] != dag { try await dagChanged(dag) }
        let stored = try await store.unfinishedRuns()
        for (id, revision) in stored where core.runs[id]?.record.revision != revision { staleRuns.insert(id) }
        wake()
    }

    /// Handles one notification: `run:ID` or `dag:ID`.
    func notified(_ payload: String) async throws {
        let parts = payload.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        switch parts[0] {
        case "run":
            if let id = Int64(parts[1]) { staleRuns.insert(id) }
        case "dag":
            if let dag = try await store.dag(parts[1]) { try await dagChanged(dag) }
        default: return
        }
        wake()
    }

    private func dagChanged(_ dag: DAGRecord) async throws {
        knownDAGs[dag.dagID] = dag
        core.dagChanged(dag.dagID, isPaused: dag.isPaused)
        try await reschedule(dag)
    }

    /// Reads one run before anything else happens.
    func load(_ id: Int64) async throws {
        staleRuns.insert(id)
        try await refreshStaleRuns()
        wake()
    }

    /// Reads the runs that somebody else changed, before the tick that needs them.
    func refreshStaleRuns() async throws {
        let stale = staleRuns.sorted()
        staleRuns.removeAll()
        for id in stale {
            guard let record = try await store.run(id: id), let version = try await version(record.versionID) else {
                core.forget(id)
                continue
            }
            if record.revision == core.runs[id]?.record.revision { continue }
            let instances = record.state == .queued ? [] : try await store.instances(run: id)
            core.runLoaded(record, version, instances, now: clock.now())
            for (result, worker) in results.removeValue(forKey: id) ?? [] { core.ended(result, from: worker, now: clock.now()) }
        }
    }

    private func version(_ id: Int64) async throws -> PinnedVersion? {
        if let version = versions[id] { return version }
        guard let record = try await store.version(id) else { return nil }
        let version = PinnedVersion(record)
        versions[id] = version
        return version
    }
}
