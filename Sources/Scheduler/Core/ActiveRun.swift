package import DAGModel
package import Store
package import WorkerProtocol

/// A DAG run that the scheduler holds in memory: its plan, what is known of its executing instances, and what the current tick has
/// changed.
package struct ActiveRun: Sendable {
    package var record: RunRecord
    package let version: PinnedVersion
    package var plan: RunPlan
    /// The run before, as far as it is committed; nil when there is none, or no task depends on it.
    package internal(set) var past: PastRun?
    /// What the rows of instances say beyond their state; only of instances that are executing, waiting for a retry or changed by this
    /// tick.
    package var details: [InstanceKey: InstanceDetail] = [:]

    /// The states that changed instances have in the database; `nil` for instances that it does not have yet.
    var changed: [InstanceKey: TaskState?] = [:]
    var expandedTasks: Set<Int> = []
    /// The database has the run's instances: it was loaded with them, or has started.
    var hasRows = false
    var isStateChanged = false
    /// The run took longer than its `dagrunTimeout`.
    var isTimedOut = false
    var isTouched = false

    init(record: RunRecord, version: PinnedVersion, plan: RunPlan) {
        self.record = record
        self.version = version
        self.plan = plan
    }

    /// Remembers the state in the database before the first change of this tick.
    mutating func willChange(_ key: InstanceKey) {
        if changed[key] == nil { changed[key] = .some(plan[key]?.state) }
    }

    /// Notes every instance as one that the database does not have yet, unless it has them.
    mutating func createRows() {
        guard !hasRows else { return }
        hasRows = true
        for task in plan.tasks.indices { changed[InstanceKey(task: task)] = .some(nil) }
    }

    /// Notes the first change of an instance in this tick.
    mutating func didChange(_ change: InstanceChange) {
        if changed[change.key] == nil { changed[change.key] = .some(change.from) }
    }
}

/// A version of a DAG with everything that its runs need again and again; shared by them.
package final class PinnedVersion: Sendable {
    package let record: VersionRecord
    package let graph: DAGGraph
    /// For each task: what an attempt of it does.
    let work: [TaskWork]
    let lanes: [LaneShape]
    /// For each task, its place in `lanes`.
    let laneOfTask: [Int]
    /// Tasks with a limit for each run.
    let limitedTasks: [Int]
    /// For each task that has no process and waits for a time: which.
    let timeWaits: [Int: TimeWait]

    /// - Parameter subset: The tasks that the runs do; nil for all.
    package init(_ record: VersionRecord, subset: TaskSubset? = nil) {
        self.record = record
        graph = DAGGraph(record.document, subset: subset)
        let graph = graph
        work = graph.tasks.indices.map { task in
            TaskWork(graph.tasks[task], dag: record.document, isMappedOver: graph.isMappedOver(task))
        }
        limitedTasks = graph.tasks.indices.filter { graph.tasks[$0].limits.maxActiveTisPerDagrun != nil }
        timeWaits = Dictionary(
            uniqueKeysWithValues: graph.tasks.indices.compactMap { task in
                TimeWait(graph.tasks[task].kind).map { (task, $0) }
            })
        (lanes, laneOfTask) = Self.lanes(record.document, graph, work)
    }

    private static func lanes(_ document: DAGDocument, _ graph: DAGGraph, _ work: [TaskWork]) -> ([LaneShape], [Int]) {
        let weights = graph.weights
        var lanes: [LaneShape] = []
        var places: [LaneShape: Int] = [:]
        let laneOfTask = graph.tasks.indices.map { task in
            let shape = LaneShape(task, weight: weights[task], holdsSlot: work[task].holdsSlot, of: document)
            if let place = places[shape] { return place }
            lanes.append(shape)
            places[shape] = lanes.count - 1
            return lanes.count - 1
        }
        return (lanes, laneOfTask)
    }

    /// What an instance of a task takes of the limits while it executes.
    func holds(task: Int, run: Int64) -> [Hold] { lanes[laneOfTask[task]].holds(run: run, of: record.document) }

    /// What it takes while it waits in a state without an attempt: of the limits on its task when the state is an active one, and of its pool
    /// when that counts what is deferred. A task that only waits for a time takes nothing, as nothing holds it up.
    func holds(task: Int, run: Int64, waitingIn state: TaskState) -> [Hold] {
        guard state.isSuspended, state.isActive, timeWaits[task] == nil else { return [] }
        return holds(task: task, run: run).compactMap { hold in
            switch hold.limit {
            case .pool(let name), .poolWaits(let name):
                state == .deferred ? Hold(limit: .poolWaits(name), amount: hold.amount) : nil
            case .task, .taskInRun: hold
            case .pause, .run: nil
            }
        }
    }
}

/// What the row of a task instance says beyond its state.
package struct InstanceDetail: Sendable, Hashable {
    package var attempt: Int64?
    package var token: [UInt8]?
    package var worker: String?
    package var pid: Int?
    package var queuedAt: Instant?
    package var startedAt: Instant?
    package var endedAt: Instant?
    package var retryAt: Instant?
    package var reason: String?
    package var listLength: Int?
    package var steering: String?
    package var mapIndexName: String?
    /// What it waits for without an attempt, or, in an attempt that goes on, waited for.
    package var wait: TaskWait?
    /// What an attempt that succeeded tells of the assets that it updated; not in the row.
    package var outletEvents: [OutletEvent] = []

    package init() {}
}
