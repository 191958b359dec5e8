internal import DAGModel
internal import Store

/// What the tasks of a version have in common that take the same limits with the same weight: whether one of their instances can start
/// decides it for all.
struct LaneShape: Sendable, Hashable {
    let weight: Int
    let holdsSlot: Bool
    /// The task, if it has a limit of its own.
    let task: Int?
    let maxActiveTasks: Int
    let pool: String
    let poolSlots: Int

    init(_ task: Int, weight: Int, holdsSlot: Bool, of document: DAGDocument) {
        let limits = document.tasks[task].limits
        self.weight = weight
        self.holdsSlot = holdsSlot
        self.task = limits.maxActiveTisPerDag == nil && limits.maxActiveTisPerDagrun == nil ? nil : task
        maxActiveTasks = document.limits.maxActiveTasks
        pool = limits.pool
        poolSlots = limits.poolSlots
    }

    /// What an instance of a run takes. One that holds no slot of a worker, as a deferred one in Airflow, is none of the run's active tasks.
    func holds(run: Int64, of document: DAGDocument) -> [Hold] {
        var holds: [Hold] = []
        if let task {
            let (id, limits) = (document.tasks[task].id, document.tasks[task].limits)
            if let most = limits.maxActiveTisPerDagrun {
                holds.append(Hold(limit: .taskInRun(run, task: task), capacity: most))
            }
            if let most = limits.maxActiveTisPerDag {
                holds.append(Hold(limit: .task(dagID: document.id, taskID: id), capacity: most))
            }
        }
        if holdsSlot { holds.append(Hold(limit: .run(run), capacity: maxActiveTasks)) }
        holds.append(Hold(limit: holdsSlot ? .pool(pool) : .poolWaits(pool), amount: poolSlots))
        return holds
    }
}

struct LaneID: Sendable, Hashable, Comparable {
    let run: Int64
    /// Which of the version's shapes.
    let shape: Int

    static func < (left: LaneID, right: LaneID) -> Bool { (left.run, left.shape) < (right.run, right.shape) }
}

/// The ready instances of a run that have the same shape. They queue together, and when a limit blocks them they wait together.
struct Lane: Sendable {
    let dagID: String
    let runAfter: Instant
    let weight: Int
    let holdsSlot: Bool
    let holds: [Hold]
    var keys = BinaryHeap<InstanceKey>()
    /// The limit that blocks the lane; nil while it queues.
    var blocker: Hold?
    /// The limit that let the lane go on. When the lane leaves it unused, the next lane has to be told.
    var wokenBy: Hold?

    init(_ run: ActiveRun, _ shape: LaneShape) {
        dagID = run.record.dagID
        runAfter = run.record.runAfter
        weight = shape.weight
        holdsSlot = shape.holdsSlot
        holds = shape.holds(run: run.record.id, of: run.version.record.document)
    }
}
