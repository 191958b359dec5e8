import DAGModel
@testable import Scheduler
@testable import Store

/// What PostgreSQL holds of runs, in memory, with the rules by which `TickCommitter` writes a tick. It notes every write that
/// breaks a promise.
struct SimulatedDatabase {
    struct Instance: Hashable {
        var taskID: String
        var mapIndex: Int
    }

    var epoch: Int64 = 1
    /// Whether it refuses what another than the leader writes, and what was read before somebody changed it.
    var isFenced = true
    var comparesRevisions = true
    private(set) var runs: [Int64: RunRecord] = [:]
    private(set) var versions: [Int64: PinnedVersion] = [:]
    private(set) var instances: [Int64: [Instance: InstanceRecord]] = [:]
    private(set) var attempts: [Int64: [AttemptRecord]] = [:]
    private(set) var outputs: [OutputWrite] = []
    private(set) var failures: [FailedRunWrite] = []
    private(set) var callbacks: [CallbackWrite] = []
    private(set) var assetEventsOfRun: [Int64: [AssetEventWrite]] = [:]
    private(set) var pausedDAGs: Set<String> = []
    /// Promises that were broken.
    private(set) var problems: [String] = []

    /// Creates a run in state `queued`.
    mutating func createRun(
        _ document: DAGDocument, runAfter: Instant, logicalDate: Instant? = nil, backfill: BackfillPlace? = nil
    ) -> Int64 {
        let id = Int64(runs.count + 1)
        let version = VersionRecord(
            id: id, dagID: document.id, number: 1, bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "",
            files: "",
            fingerprint: "", document: document, createdAt: runAfter)
        versions[id] = PinnedVersion(version)
        runs[id] = RunRecord(
            id: id, dagID: document.id, runID: "run\(id)", versionID: id, type: .scheduled, state: .queued,
            logicalDate: logicalDate, runAfter: runAfter,
            queuedAt: runAfter, params: "{}", triggeredBy: "test", isCancelRequested: false, backfill: backfill,
            revision: 0)
        instances[id] = [:]
        return id
    }

    /// A person asks for the end of a run.
    mutating func cancel(_ run: Int64) {
        guard runs[run]?.state.isFinished == false else { return }
        runs[run]?.isCancelRequested = true
        runs[run]?.revision += 1
    }

    /// A person changes something in a run that means nothing to the scheduler.
    mutating func annotate(_ run: Int64) { runs[run]?.revision += 1 }

    /// A person changes rows of a run.
    mutating func change(_ run: Int64, _ body: (inout StoredRun) -> Void) {
        guard let record = runs[run], let rows = instances[run]?.values, let version = versions[record.versionID] else {
            return
        }
        var stored = StoredRun(record: record, instances: Array(rows), graph: version.graph)
        body(&stored)
        stored.record.revision += 1
        runs[run] = stored.record
        instances[run] = Dictionary(
            stored.instances.map { (Instance(taskID: $0.taskID, mapIndex: $0.mapIndex), $0) }, uniquingKeysWith: { $1 })
    }

    mutating func setPaused(_ dagID: String, _ isPaused: Bool) {
        if isPaused { pausedDAGs.insert(dagID) } else { pausedDAGs.remove(dagID) }
    }

    var assetEvents: [AssetEventWrite] { assetEventsOfRun.keys.sorted().flatMap { assetEventsOfRun[$0] ?? [] } }

    func state(_ run: Int64, _ taskID: String, _ mapIndex: Int = -1) -> TaskState? {
        instances[run]?[Instance(taskID: taskID, mapIndex: mapIndex)]?.state
    }

    /// The rows of a run in the order in which PostgreSQL might give them.
    func rows(_ run: Int64) -> [InstanceRecord] {
        (instances[run] ?? [:]).values.sorted { ($0.taskID, $0.mapIndex) < ($1.taskID, $1.mapIndex) }
    }

    /// The run before a run, as `StateStore` and the leader find it.
    func past(of run: RunRecord) -> PastRun? {
        guard let graph = versions[run.versionID]?.graph, graph.needsPast, let before = runBefore(run),
            let date = before.logicalDate
        else { return nil }
        let taskIDs = graph.pastTaskIDs
        var states = rows(before.id).filter { taskIDs.contains($0.taskID) }.map { ($0.taskID, $0.state) }
        if states.isEmpty, !before.state.isFinished { states = taskIDs.sorted().map { ($0, .none) } }
        return PastRun(
            id: before.id, runID: before.runID, logicalDate: date, states: states, everRan: [], of: graph)
    }

    func runBefore(_ run: RunRecord) -> RunRecord? {
        guard let date = run.logicalDate else { return nil }
        return runs.values.filter { $0.dagID == run.dagID && $0.logicalDate.map { $0 < date } ?? false }
            .max { ($0.logicalDate ?? date) < ($1.logicalDate ?? date) }
    }

    // MARK: Writing a tick

    /// Writes a tick as `TickCommitter` does.
    ///
    /// - Returns: The runs that were written; nil when another scheduler leads.
    mutating func commit(_ writes: TickWrites, epoch: Int64) -> Set<Int64>? {
        guard epoch == self.epoch || !isFenced else { return nil }
        let written = Set(
            writes.runs.filter { runs[$0.id]?.revision == $0.revision || !comparesRevisions }.map(\.id))
        for (run, task) in writes.expandedTasks where written.contains(run) {
            instances[run]?[Instance(taskID: task, mapIndex: -1)] = nil
        }
        for row in writes.newInstances where written.contains(row.run) { insert(row) }
        for row in writes.instances where written.contains(row.run) { update(row) }
        for row in writes.attempts where written.contains(row.run) { insert(row) }
        outputs += writes.outputs.filter { written.contains($0.run) && !outputs.contains($0) }
        for row in writes.runStates where written.contains(row.run) { update(row) }
        failures += writes.failures.filter { written.contains($0.run) }
        for row in writes.callbacks where written.contains(row.run) {
            if !callbacks.contains(where: { $0.event.dedupeKey == row.event.dedupeKey }) { callbacks.append(row) }
        }
        for event in writes.assetEvents where written.contains(event.run) { insert(event) }
        return written
    }

    private mutating func insert(_ row: InstanceWrite) {
        let name = Instance(taskID: row.taskID, mapIndex: row.mapIndex)
        let new = InstanceRecord(row)
        if let old = instances[row.run]?[name], old != new {
            problems.append("run \(row.run): \(name) is inserted as \(row.state), but is there as \(old.state)")
        }
        instances[row.run]?[name] = new
    }

    private mutating func update(_ row: InstanceWrite) {
        let name = Instance(taskID: row.taskID, mapIndex: row.mapIndex)
        let new = InstanceRecord(row)
        guard let old = instances[row.run]?[name] else {
            return problems.append("run \(row.run): \(name) becomes \(row.state), but is not there")
        }
        guard old != new else { return }
        if old.state != row.from {
            problems.append("run \(row.run): \(name) goes from \(row.from) to \(row.state), but is \(old.state)")
        }
        if old.state.isFinished {
            problems.append("run \(row.run): \(name) has a second result: \(old.state), \(row.state)")
        }
        instances[row.run]?[name] = new
    }

    private mutating func insert(_ row: AttemptRecord) {
        let known = attempts[row.run] ?? []
        if known.contains(row) { return }
        if known.contains(where: { $0.id == row.id }) {
            problems.append("run \(row.run): attempt \(row.id) has two results")
        }
        attempts[row.run, default: []].append(row)
    }

    private mutating func insert(_ event: AssetEventWrite) {
        let row = instances[event.run]?[Instance(taskID: event.taskID, mapIndex: event.mapIndex)]
        if row?.state != .success || row?.tryNumber != event.tryNumber {
            problems.append("run \(event.run): \(event.taskID) updates \(event.asset.name), but has not succeeded")
        }
        let isKnown = (assetEventsOfRun[event.run] ?? []).contains {
            $0.taskID == event.taskID && $0.mapIndex == event.mapIndex
                && $0.tryNumber == event.tryNumber && $0.asset == event.asset
        }
        if !isKnown { assetEventsOfRun[event.run, default: []].append(event) }
    }

    private mutating func update(_ row: RunStateWrite) {
        guard let old = runs[row.run] else { return }
        if old.state.isFinished, old.state != row.state {
            problems.append("run \(row.run) goes from \(old.state) to \(row.state)")
        }
        runs[row.run]?.state = row.state
        runs[row.run]?.startedAt = row.startedAt
        runs[row.run]?.endedAt = row.endedAt
    }
}

extension InstanceRecord {
    init(_ write: InstanceWrite) {
        self.init(
            run: write.run, taskID: write.taskID, mapIndex: write.mapIndex, state: write.state,
            tryNumber: write.tryNumber,
            maxTries: write.maxTries, losses: write.losses, attempt: write.attempt, token: write.token,
            worker: write.worker,
            pid: write.pid, queuedAt: write.queuedAt, startedAt: write.startedAt, endedAt: write.endedAt,
            retryAt: write.retryAt, reason: write.reason, listLength: write.listLength, steering: write.steering,
            mapIndexName: write.mapIndexName, wait: write.wait)
    }
}
