package import DAGModel
package import Store
internal import WorkerProtocol

/// What the schedules of a repository would do in a period: the scheduler's own core on a simulated clock, without database, workers and
/// bodies. All DAGs are taken as unpaused; a DAG without `start` begins with the period.
package struct ScheduleSimulation {
    private enum Event {
        case schedule(Int)
        case end(AttemptID, AttemptToken, AttemptOutcome)
    }

    private struct Entry: Comparable, Sendable {
        var due: Int64
        var sequence: Int
        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.sequence) < (right.due, right.sequence) }
    }

    private struct Entity {
        let version: PinnedVersion
        var schedule: ScheduledDAG?
        /// Direct downstream tasks, for branches.
        let children: [String: [String]]
        var active = 0
        var failuresInARow = 0
        var armed: Int64?
        /// The assets that were updated since the run that they caused last, and when first.
        var updated: [AssetKey: Instant] = [:]
        var lastAssetRun: Instant?
        /// The newest run, for tasks that depend on the run before.
        var last: NewestRun?
        var report: SimulationReport.DAG
    }

    /// What the next run's tasks may depend on.
    private struct NewestRun {
        let id: Int64
        let runID: String
        let logicalDate: Instant
        /// The states of all instances, by task and map index.
        var states: [String: [Int: TaskState]] = [:]
    }

    private struct Flight {
        let dag: Int
        let task: Int
    }

    private static let worker = WorkerID(instance: 1)

    private let work: SimulatedWork
    private let listsRuns: Bool
    private let length: Int64
    private var core: SchedulerCore
    private var now: Moment
    private var dags: [Entity] = []
    private var places: [String: Int] = [:]
    /// The DAGs that wait for an asset.
    private var consumers: [AssetKey: [Int]] = [:]
    private var flights: [AttemptID: Flight] = [:]
    private var slots: SlotUse
    private var pools: [String: SlotUse] = [:]
    private var dagOfRun: [Int64: Int] = [:]
    private var runAfter: [Int64: Instant] = [:]
    private var runPlace: [Int64: Int] = [:]
    private var lastRun: Int64 = 0
    private var heap = BinaryHeap<Entry>()
    private var events: [Int: Event] = [:]
    private var sequence = 0
    private var report: SimulationReport

    /// - Parameters:
    ///   - slots: What all workers together run at once.
    ///   - pools: The slots of each pool by name. `default_pool` has 128 unless it is named.
    ///   - listsRuns: Whether the report tells each run.
    /// - Throws: `TimeZoneError`, or whatever makes a schedule unusable.
    package init(
        _ documents: [DAGDocument], from: Instant, to: Instant, slots: Int, pools: [String: Int] = [:],
        work: SimulatedWork = SimulatedWork(), listsRuns: Bool = false, zones: ZoneFiles = ZoneFiles()
    ) throws {
        self.work = work
        self.listsRuns = listsRuns
        length = (to - from).wholeMicroseconds
        now = Moment(wall: from, monotonic: 0)
        report = SimulationReport(from: from, to: to)
        var rules = LeaseRules()
        // Nobody dies here, and nothing is written.
        rules.lease = .seconds(1_000_000_000_000)
        rules.hold = rules.lease
        core = SchedulerCore(epoch: 1, rules: rules)
        self.slots = SlotUse("workers", slots: slots)
        let sizes = ["default_pool": 128].merging(pools) { $1 }
        self.pools = Dictionary(uniqueKeysWithValues: sizes.map { ($0.key, SlotUse($0.key, slots: $0.value)) })
        core.poolsChanged(sizes.mapValues { PoolSize(slots: $0) })
        _ = core.workerJoined(Self.worker, name: "simulated", slots: slots, held: [], isSuccessor: false, now: now)
        for document in documents.sorted(by: { $0.id < $1.id }) { try add(document, zones) }
    }

    private mutating func add(_ document: DAGDocument, _ zones: ZoneFiles) throws {
        let id = Int64(dags.count + 1)
        let version = VersionRecord(simulated: document, id: id, at: now.wall)
        let record = DAGRecord(simulated: document.id, versionID: id, at: now.wall)
        let schedule =
            document.schedule == .manual
            ? nil : try ScheduledDAG(record, version, last: nil, now: now.wall, zones: zones)
        var children: [String: [String]] = [:]
        for task in document.tasks { for upstream in task.upstream { children[upstream, default: []].append(task.id) } }
        places[document.id] = dags.count
        for asset in document.scheduleAssets { consumers[asset.key, default: []].append(dags.count) }
        dags.append(
            Entity(
                version: PinnedVersion(version), schedule: schedule, children: children,
                report: SimulationReport.DAG(id: document.id)))
        core.dagChanged(document.id, isPaused: false)
    }

    /// Runs the period, which ends before `to`.
    package mutating func run() -> SimulationReport {
        for dag in dags.indices { createDueRuns(dag) }
        tick()
        while let due = nextDue, due < length {
            now = Moment(wall: report.from + .microseconds(due), monotonic: due)
            while let entry = heap.first, entry.due <= due {
                _ = heap.pop()
                if let event = events.removeValue(forKey: entry.sequence) { handle(event) }
            }
            tick()
        }
        return finished()
    }

    private var nextDue: Int64? {
        let next = [heap.first?.due, core.nextTimer].compactMap { $0 }.min()
        return next.map { max($0, now.monotonic) }
    }

    private mutating func schedule(_ event: Event, at due: Int64) {
        sequence += 1
        events[sequence] = event
        heap.push(Entry(due: due, sequence: sequence))
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .schedule(let dag):
            dags[dag].armed = nil
            createDueRuns(dag)
        case .end(let attempt, let token, let outcome):
            guard let flight = flights.removeValue(forKey: attempt) else { return }
            use(flight, -1)
            if case .failed = outcome { dags[flight.dag].report.failedAttempts += 1 }
            core.ended(
                AttemptResult(attempt: attempt, token: token, outcome: outcome), from: Self.worker, now: now)
        }
    }

    /// Creates the runs that are due, as far as `maxActiveRuns` allows, as the leader does.
    private mutating func createDueRuns(_ dag: Int) {
        let maximum = dags[dag].version.record.document.maxActiveRuns
        guard dags[dag].report.pausedAt == nil else { return }
        while dags[dag].active < maximum, let run = dags[dag].schedule?.dueRun(now.wall) {
            create(run, dag)
            dags[dag].schedule?.advance(now: now.wall)
        }
        createAssetRun(dag)
        guard dags[dag].active < maximum, let next = dags[dag].schedule?.next?.runAfter else { return }
        let due = max(now.monotonic, (next - report.from).wholeMicroseconds)
        guard dags[dag].armed != due else { return }
        dags[dag].armed = due
        schedule(.schedule(dag), at: due)
    }

    /// Creates the run that updates of assets ask for, if there is room for it.
    private mutating func createAssetRun(_ dag: Int) {
        let document = dags[dag].version.record.document
        guard let condition = document.schedule.assetCondition, dags[dag].active < document.maxActiveRuns,
            condition.isMet(by: Set(dags[dag].updated.keys)), let due = dags[dag].updated.values.max()
        else { return }
        // Where one run causes the next and none takes any time, the clock has to go on all the same.
        guard dags[dag].lastAssetRun != now.wall else {
            return schedule(.schedule(dag), at: now.monotonic + 1_000_000)
        }
        dags[dag].lastAssetRun = now.wall
        dags[dag].updated.removeAll()
        create(
            NewRun(
                dagID: document.id, runID: "asset_triggered__\(due.isoformat)", versionID: Int64(dag + 1),
                type: .assetTriggered, logicalDate: nil, dataIntervalStart: nil, dataIntervalEnd: nil, runAfter: due,
                params: JSONValue.object(document.params.defaults).compactJSON, triggeredBy: "asset"), dag)
    }

    private mutating func note(_ event: AssetEventWrite) {
        for dag in consumers[event.asset] ?? [] {
            dags[dag].updated[event.asset] = dags[dag].updated[event.asset] ?? event.at
            createDueRuns(dag)
        }
    }

    private mutating func create(_ run: NewRun, _ dag: Int) {
        lastRun += 1
        dagOfRun[lastRun] = dag
        runAfter[lastRun] = run.runAfter
        dags[dag].active += 1
        dags[dag].report.runs += 1
        dags[dag].report.mostActiveRuns = max(dags[dag].report.mostActiveRuns, dags[dag].active)
        if listsRuns {
            runPlace[lastRun] = report.runs.count
            report.runs.append(
                SimulationReport.Run(
                    dagID: run.dagID, runID: run.runID, logicalDate: run.logicalDate, runAfter: run.runAfter,
                    state: .queued))
        }
        core.runLoaded(
            RunRecord(run, id: lastRun, queuedAt: now.wall), dags[dag].version, [], past: past(of: run, dag), now: now)
    }

    /// What the run before says; the run is the newest from now on.
    private mutating func past(of run: NewRun, _ dag: Int) -> PastRun? {
        let graph = dags[dag].version.graph
        guard graph.needsPast, let date = run.logicalDate else { return nil }
        defer { dags[dag].last = NewestRun(id: lastRun, runID: run.runID, logicalDate: date) }
        guard let last = dags[dag].last else { return nil }
        let states = graph.pastTaskIDs.flatMap { task in
            (last.states[task] ?? [-1: .none]).values.map { (taskID: task, state: $0) }
        }
        return PastRun(
            id: last.id, runID: last.runID, logicalDate: last.logicalDate, states: states,
            everRan: graph.pastTaskIDs, of: graph)
    }

    private mutating func note(_ writes: [InstanceWrite]) {
        for write in writes {
            guard let dag = dagOfRun[write.run], dags[dag].last?.id == write.run else { continue }
            dags[dag].last?.states[write.taskID, default: [:]][write.mapIndex] = write.state
        }
    }

    private mutating func tick() {
        while true {
            let tick = core.tick(now)
            if tick.isEmpty { return }
            for (run, task) in tick.writes.expandedTasks {
                guard let dag = dagOfRun[run], dags[dag].last?.id == run else { continue }
                dags[dag].last?.states[task] = nil
            }
            note(tick.writes.newInstances)
            note(tick.writes.instances)
            for change in tick.writes.runStates { note(change) }
            for event in tick.writes.assetEvents { note(event) }
            for (_, effect) in tick.effects { perform(effect) }
        }
    }

    private mutating func note(_ change: RunStateWrite) {
        guard let dag = dagOfRun[change.run] else { return }
        if let place = runPlace[change.run] {
            report.runs[place].state = change.state
            report.runs[place].startedAt = change.startedAt
            report.runs[place].endedAt = change.endedAt
        }
        if change.startedAt == now.wall, let after = runAfter.removeValue(forKey: change.run) {
            dags[dag].report.delays.append(Double((now.wall - after).wholeMicroseconds) / 1e6)
        }
        guard change.state.isFinished else { return }
        dagOfRun[change.run] = nil
        runPlace[change.run] = nil
        count(change.state, dag)
        if let started = change.startedAt {
            dags[dag].report.durations.append(Double((now.wall - started).wholeMicroseconds) / 1e6)
        }
        dags[dag].active -= 1
        createDueRuns(dag)
    }

    /// Counts how a run has ended, and pauses a DAG that keeps failing.
    private mutating func count(_ state: DAGRunState, _ dag: Int) {
        guard state == .failed else {
            dags[dag].report.succeeded += 1
            dags[dag].failuresInARow = 0
            return
        }
        dags[dag].report.failed += 1
        dags[dag].failuresInARow += 1
        let limit = dags[dag].version.record.document.limits.maxConsecutiveFailedRuns
        guard limit > 0, dags[dag].failuresInARow >= limit, dags[dag].report.pausedAt == nil else { return }
        dags[dag].report.pausedAt = now.wall
        core.dagChanged(dags[dag].report.id, isPaused: true)
    }

    private mutating func perform(_ effect: Effect) {
        switch effect {
        case .dispatch(_, let spec): start(spec)
        case .cancel(_, let attempt, _):
            // A body that is told to stop does so at once.
            let failure = AttemptFailure(.cancelled, "stopped")
            if let flight = flights.removeValue(forKey: attempt), let token = core.attempts[attempt]?.token {
                use(flight, -1)
                core.ended(
                    AttemptResult(attempt: attempt, token: token, outcome: .failed(failure)), from: Self.worker,
                    now: now)
            }
        case .pastEnded(let run, let tasks): _ = core.pastEnded(run, tasks)
        case .acknowledge, .disconnect, .finished, .tell, .lookForEvent, .callCallbacks, .callLost: break
        }
    }

    private mutating func start(_ spec: AttemptSpec) {
        guard let dag = places[spec.dagID], let task = dags[dag].version.graph.index[spec.taskID] else { return }
        let document = dags[dag].version.graph.tasks[task]
        let end = work.end(spec, document, children: dags[dag].children[spec.taskID] ?? [])
        dags[dag].report.attempts += 1
        let flight = Flight(dag: dag, task: task)
        flights[spec.id] = flight
        use(flight, 1)
        schedule(.end(spec.id, spec.token, end.outcome), at: now.monotonic + end.after.wholeMicroseconds)
    }

    /// Takes what an attempt of a task holds, or gives it back.
    private mutating func use(_ flight: Flight, _ sign: Int) {
        let version = dags[flight.dag].version
        if version.work[flight.task].holdsSlot { slots.take(sign, at: now.monotonic) }
        let limits = version.graph.tasks[flight.task].limits
        pools[limits.pool]?.take(sign * limits.poolSlots, at: now.monotonic)
    }

    private mutating func finished() -> SimulationReport {
        slots.settle(length)
        for name in pools.keys { pools[name]?.settle(length) }
        report.dags = dags.map { entity in
            var dag = entity.report
            dag.nextRun = entity.schedule?.next?.runAfter
            return dag
        }
        report.pools = [slots.report] + pools.values.map(\.report).sorted { $0.name < $1.name }
        return report
    }
}
