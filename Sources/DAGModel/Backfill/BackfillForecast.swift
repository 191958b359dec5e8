/// What a backfill is going to do and to need: counts, a guess of its duration, and the pools it takes slots of.
package struct BackfillForecast: Sendable, Hashable {
    /// Runs that are created, and runs that begin again.
    package var created = 0
    package var cleared = 0
    /// Dates that are left alone: their runs are queued or running, or have ended.
    package var inFlight = 0
    package var existing = 0
    /// Tasks that run in each run; a mapped task counts once.
    package var tasksPerRun = 0
    /// The median of what the newest successful runs took; nil when there are none.
    package var runSeconds: Double?
    /// How long all runs will take, as many at once as the backfill allows.
    package var seconds: Double?
    package var pools: [PoolNeed] = []

    package var runs: Int { created + cleared }

    /// How much of a pool the backfill can take.
    package struct PoolNeed: Sendable, Hashable {
        package var pool: String
        /// What the tasks of one run can take at once, without mapped instances.
        package var slotsPerRun: Int
        /// What all runs at once can take.
        package var slotsAtOnce: Int
        /// The size of the pool: -1 for no limit, nil when there is no such pool.
        package var slots: Int?

        /// The runs will wait for each other in this pool.
        package var isTooSmall: Bool { slots.map { $0 >= 0 && $0 < slotsAtOnce } ?? true }
    }
}

extension BackfillForecast {
    /// - Parameters:
    ///   - past: What the newest successful runs of the DAG took, in seconds.
    ///   - pools: The slots of every pool, -1 for no limit.
    package init(
        _ spec: BackfillSpec, _ actions: [BackfillAction], of dag: DAGDocument, past: [Double], pools: [String: Int]
    ) {
        for action in actions {
            switch action {
            case .create: created += 1
            case .clear: cleared += 1
            case .skip(.inFlight): inFlight += 1
            case .skip: existing += 1
            }
        }
        let graph = DAGGraph(dag)
        let subset = spec.taskIDs.map { TaskSubset($0, in: graph) }
        let tasks = graph.tasks.indices.filter { subset?.contains(graph.tasks[$0]) ?? true }
        tasksPerRun = tasks.count
        let atOnce = min(spec.maxActiveRuns, runs)
        runSeconds = Self.median(past)
        seconds = runSeconds.map { atOnce == 0 ? 0 : $0 * Double((runs + atOnce - 1) / atOnce) }
        self.pools = Self.slotsPerRun(graph, tasks).sorted { $0.key < $1.key }.map { pool, slots in
            PoolNeed(pool: pool, slotsPerRun: slots, slotsAtOnce: slots * atOnce, slots: pools[pool])
        }
    }

    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// For each pool, the most that tasks equally far from the beginning of the graph take together.
    private static func slotsPerRun(_ graph: DAGGraph, _ tasks: [Int]) -> [String: Int] {
        var depths = [Int](repeating: 0, count: graph.tasks.count)
        for task in graph.order { depths[task] = (graph.upstream[task].map { depths[$0] }.max() ?? -1) + 1 }
        var levels: [String: [Int: Int]] = [:]
        for task in tasks where !graph.isEmpty[task] {
            let limits = graph.tasks[task].limits
            levels[limits.pool, default: [:]][depths[task], default: 0] += limits.poolSlots
        }
        return levels.compactMapValues { $0.values.max() }
    }
}
