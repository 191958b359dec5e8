/// What a task is to the tasks around it.
public enum TaskRole: Sendable, Hashable, Codable {
    case work
    /// Prepares what the tasks downstream of it need. Clearing one of them clears it too.
    case setup
    /// Takes down what its setups prepared, also when work between them failed. The end of a run does not depend on it, unless
    /// `onFailureFailDagrun`.
    case teardown(onFailureFailDagrun: Bool)

    public var isTeardown: Bool {
        if case .teardown = self { true } else { false }
    }

    /// A teardown whose failure does not fail the run.
    public var isIgnorable: Bool { self == .teardown(onFailureFailDagrun: false) }
}

/// How much of a pool a task takes, how many instances of it may be active, and who goes first.
public struct TaskLimits: Sendable, Hashable, Codable {
    /// Defaults to `default_pool`.
    public var pool = "default_pool"
    public var poolSlots = 1
    /// Instances with a higher weight start first; see ``DAGGraph/weights``. Defaults to 1.
    public var priorityWeight = 1
    public var weightRule = WeightRule.downstream
    /// Active instances of the task in all runs of the DAG; nil means without limit.
    public var maxActiveTisPerDag: Int?
    /// Active instances of the task in one run; nil means without limit.
    public var maxActiveTisPerDagrun: Int?

    public init() {}
}

/// Whose weights count for the order in which instances start.
public enum WeightRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// The task's own and those of all tasks downstream: what holds up much starts first.
    case downstream
    /// The task's own and those of all tasks upstream: runs that have begun are finished first.
    case upstream
    /// The task's own.
    case absolute
}

/// What has to be true of the same task in the run before.
public struct PastDependency: Sendable, Hashable, Codable {
    /// The instances of the run before have to be `success` or `skipped`.
    public var dependsOnPast = false
    /// The tasks directly downstream of them too.
    public var waitForDownstream = false
    /// A task that never ran needs no past. Defaults to true, as in Airflow.
    public var ignoreFirstDependsOnPast = true
    /// The trigger rule skips the task only once its past would let it run.
    public var waitsBeforeSkipping = false

    public init() {}

    public var isNeeded: Bool { dependsOnPast || waitForDownstream }
}

/// How the lists that a task is mapped over are combined.
public struct Expansion: Sendable, Hashable, Codable {
    public enum Form: String, Sendable, Hashable, Codable {
        /// Every combination; the last list varies fastest.
        case product
        /// The first elements, the second ones and so on, as far as the shortest list goes.
        case zip
    }

    /// One list: the output of a task, or a list that is known when the DAG is described.
    public enum Source: Sendable, Hashable, Codable {
        case output(task: String)
        case literal(count: Int, hash: String?)
    }

    public var form: Form
    public var sources: [Source]

    public init(_ form: Form, _ sources: [Source]) {
        self.form = form
        self.sources = sources
    }
}

/// A group of tasks.
public struct TaskGroupDocument: Sendable, Hashable, Codable {
    /// The full id; the ids of its members begin with it and a dot.
    public var id: String
    /// For people.
    public var tooltip: String?
    /// The lists that the whole group is mapped over; nil for a plain group.
    public var expansion: Expansion?

    public init(id: String, tooltip: String? = nil, expansion: Expansion? = nil) {
        self.id = id
        self.tooltip = tooltip
        self.expansion = expansion
    }
}

/// The longest list that a task may be mapped over.
public let maximumMapLength = 100_000
