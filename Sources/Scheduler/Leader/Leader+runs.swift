internal import DAGModel
internal import Logging
internal import Store
internal import WorkerProtocol

// What the leader reads from the database.
extension Leader {
    /// Reads every DAG and unfinished run; the first thing a leader does. Workers are listened to only after it: what they hold would be
    /// taken for unwanted.
    func takeOver() async throws {
        try await store.ensurePartitions()
        try await refreshPools()
        for dag in try await store.dags() { noteDAG(dag) }
        for backfill in try await store.unfinishedBackfills() { note(backfill) }
        staleRuns.formUnion(try await store.unfinishedRuns().map(\.id))
        try await refreshStaleRuns()
        try await adoptCalls()
        hasTakenOver = true
        Task { await settleDeadlines() }
        // Events that were sent while no scheduler looked.
        Task { await deliverEvents(key: nil) }
        for dagID in knownDAGs.keys.sorted() { if let dag = knownDAGs[dagID] { try await reschedule(dag) } }
        await createDueRuns()
        wake()
    }

    /// Compares memory with the database: picks up whatever a lost notification would have told.
    func reconcile() async throws {
        try await refreshPools()
        for dag in try await store.dags() where knownDAGs[dag.dagID] != dag { try await dagChanged(dag) }
        try await reconcileBackfills()
        try await reconcileAssetQueues()
        let stored = try await store.unfinishedRuns()
        for (id, revision) in stored where core.runs[id]?.record.revision != revision { staleRuns.insert(id) }
        staleRuns.formUnion(Set(core.runs.keys).subtracting(stored.map(\.id)))
        stalePasts.formUnion(core.heldBackRuns)
        try await store.deliverEvents(now: clock.now().wall)
        Task { await callCallbacks() }
        Task { await tendOutputs() }
        wake()
    }

    /// Wakes what waits for events that were sent already; what they change is told as any other change of a run.
    func deliverEvents(key: String?) async {
        do { try await store.deliverEvents(key: key, now: clock.now().wall) } catch {
            log.warning("Events\(key.map { " \($0)" } ?? "") could not be delivered yet: \(error)")
        }
    }

    private func refreshPools() async throws {
        let pools = try await store.pools().map {
            ($0.name, PoolSize(slots: $0.slots, includeDeferred: $0.includeDeferred))
        }
        core.poolsChanged(Dictionary(pools, uniquingKeysWith: { first, _ in first }))
    }

    /// Handles one notification: `run:ID`, `dag:ID`, `backfill:ID`, `asset:DAG`, `callback:ID` or `pool:`.
    func notified(_ payload: String) async throws {
        let parts = payload.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return }
        switch parts[0] {
        case "run":
            if let id = Int64(parts[1]) { staleRuns.insert(id) }
        case "dag":
            if let dag = try await store.dag(parts[1]) { try await dagChanged(dag) }
        case "backfill": if let id = Int64(parts[1]) { try await backfillChanged(id) }
        case "asset": await assetsUpdated(for: parts[1])
        case "pool": try await refreshPools()
        case "callback": await callCallbacks()
        default: return
        }
        wake()
    }

    private func dagChanged(_ dag: DAGRecord) async throws {
        guard noteDAG(dag) else { return }
        try await reschedule(dag)
    }

    /// Notes a DAG as read; false when a newer reading was noted already.
    @discardableResult
    private func noteDAG(_ dag: DAGRecord) -> Bool {
        if let known = knownDAGs[dag.dagID], known.updatedAt > dag.updatedAt { return false }
        if let reason = dag.pauseReason, knownDAGs[dag.dagID]?.isPaused == false {
            log.warning("DAG \(dag.dagID) is paused: \(reason)")
        }
        knownDAGs[dag.dagID] = dag
        core.dagChanged(dag.dagID, isPaused: dag.isPaused)
        return true
    }

    /// Reads the runs that somebody else changed, before the tick that needs them. Never while a tick is being committed: what is read has
    /// to be what memory goes on from.
    func refreshStaleRuns() async throws {
        while let id = staleRuns.min() {
            staleRuns.remove(id)
            do { try await refresh(id) } catch {
                staleRuns.insert(id)
                throw error
            }
            createdRuns[id] = nil
        }
        while let id = stalePasts.min() {
            if let run = core.runs[id] { core.pastChanged(id, try await past(of: run.record, run.version)) }
            stalePasts.remove(id)
        }
    }

    private func refresh(_ id: Int64) async throws {
        guard let record = try await store.run(id: id) else { return forget(id) }
        let backfill = try await backfill(of: record)
        guard let version = try await version(of: record, backfill) else { return forget(id) }
        defer { if record.state.isFinished, backfill != nil { Task { await createDueRuns() } } }
        stalePasts.formUnion(core.runs(after: id, dagID: record.dagID, date: record.logicalDate))
        // A new run has new deadlines.
        if !version.record.document.deadlines.isEmpty { Task { await settleDeadlines() } }
        guard record.revision != core.runs[id]?.record.revision else { return }
        if knownDAGs[record.dagID] == nil, let dag = try await store.dag(record.dagID) { noteDAG(dag) }
        let instances = try await store.instances(run: id)
        let past = record.state.isFinished ? nil : try await past(of: record, version)
        if let backfill, !record.state.isFinished { note(backfill) }
        core.runLoaded(record, version, instances, past: past, now: clock.now())
        for (result, worker) in results[id] ?? [] { core.ended(result, from: worker, now: clock.now()) }
    }

    private func forget(_ id: Int64) {
        stalePasts.formUnion(core.runs(after: id, dagID: nil, date: nil))
        core.forget(id)
    }

    private func backfill(of run: RunRecord) async throws -> BackfillRecord? {
        guard let id = run.backfill?.id else { return nil }
        if let known = backfills[id] { return known }
        return try await store.backfill(id)
    }

    /// The version that a run is pinned to, as the run sees it.
    private func version(of run: RunRecord, _ backfill: BackfillRecord?) async throws -> PinnedVersion? {
        guard let backfill, let subset = backfill.subset else { return try await version(run.versionID) }
        let key = BackfillVersion(version: run.versionID, backfill: backfill.id)
        if let known = backfillVersions[key] { return known }
        guard let whole = try await version(run.versionID) else { return nil }
        let version = PinnedVersion(whole.record, subset: subset)
        backfillVersions[key] = version
        return version
    }

    /// What the run before says to the tasks of a run that depend on it; nil when it has no say.
    private func past(of run: RunRecord, _ version: PinnedVersion) async throws -> PastRun? {
        let (graph, document) = (version.graph, version.record.document)
        // The first run of a backfill waits for none, as in Airflow.
        guard graph.needsPast, run.logicalDate != nil, run.backfill?.ordinal != 1,
            let before = try await store.runBefore(run, withManual: !document.catchup), let date = before.logicalDate
        else { return nil }
        if document.catchup, let start = document.start, date < start { return nil }
        let taskIDs = graph.pastTaskIDs
        var states = try await store.states(run: before.id, taskIDs: taskIDs)
        if states.isEmpty, !before.state.isFinished, let its = try await self.version(before.versionID) {
            // A run that has not started has no rows.
            states = taskIDs.filter { its.graph.index[$0] != nil }.map { ($0, .none) }
        }
        let missing = taskIDs.subtracting(states.map(\.taskID))
        let everRan = missing.isEmpty ? [] : try await store.tasksBefore(run, among: missing)
        return PastRun(
            id: before.id, runID: before.runID, logicalDate: date, states: states, everRan: everRan, of: graph)
    }

    func version(_ id: Int64) async throws -> PinnedVersion? {
        if let version = versions[id] { return version }
        guard let record = try await store.version(id) else { return nil }
        let version = PinnedVersion(record)
        versions[id] = version
        return version
    }
}
