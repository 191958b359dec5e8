/// One task of a DAG as described.
public struct TaskDocument: Sendable, Hashable, Codable {
    public var id: String
    public var kind: TaskKind
    /// Direct upstream tasks, from data and control edges, in the order of declaration.
    public var upstream: [String]
    /// The values that the task's body receives, in the order of its arguments.
    public var inputs: [TaskInput]
    /// The number of instances of a task that is mapped over a list known when the DAG is described; nil for every other task.
    public var mappedCount: Int?
    /// The fingerprint of that list, so that a list that differs from one evaluation to the next is noticed.
    public var mappedHash: String?
    public var triggerRule: TriggerRule
    /// Attempts after the first one that failed. Defaults to 0.
    public var retries: Int
    public var retryDelay: RetryDelay
    /// Seconds that one attempt may run; nil means without limit.
    public var executionTimeout: Double?
    public var uses: [Use]
    public var doc: String?
    /// The Swift type of the output, as the author wrote it (`Model`, `Array<Fold>`, `()`).
    public var outputType: String
    /// What values of that type look like, see ``OutputShape``; nil for a task that leaves none.
    public var outputShape: JSONValue?
    /// The line of the declaration in the DAG file.
    public var line: Int
    /// Whether the task prepares something, works with it or tears it down. Defaults to work.
    public var role = TaskRole.work
    /// The full id of the innermost group that the task belongs to; nil outside of groups.
    public var group: String?
    /// How several lists are combined when the task is mapped over more than one; nil for every other task.
    public var expansion: Expansion?
    /// Names the instances of a mapped task for people; rendered after the body.
    public var mapIndexTemplate: Template?
    public var limits = TaskLimits()
    public var past = PastDependency()
    public var retryPolicy = RetryPolicy()
    /// What callbacks the DAG file has for the task.
    public var callbacks: [CallbackKind] = []
    /// Who answers for the task; nil means the DAG's owner.
    public var owner: String?
    /// The assets that the task has updated when it succeeds.
    public var outlets: [Asset] = []
    /// The assets that it reads: for people, and for its body's questions about their events.
    public var inlets: [Asset] = []

    public init(
        id: String, kind: TaskKind = .empty, upstream: [String] = [], inputs: [TaskInput] = [],
        mappedCount: Int? = nil, mappedHash: String? = nil, triggerRule: TriggerRule = .allSuccess, retries: Int = 0,
        retryDelay: RetryDelay = RetryDelay(), executionTimeout: Double? = nil, uses: [Use] = [], doc: String? = nil,
        outputType: String = "()", line: Int = 0
    ) {
        self.id = id
        self.kind = kind
        self.upstream = upstream
        self.inputs = inputs
        self.mappedCount = mappedCount
        self.mappedHash = mappedHash
        self.triggerRule = triggerRule
        self.retries = retries
        self.retryDelay = retryDelay
        self.executionTimeout = executionTimeout
        self.uses = uses
        self.doc = doc
        self.outputType = outputType
        self.line = line
    }

    /// The task whose list this task is mapped over, or nil for a task with one instance.
    public var mappedOver: String? { inputs.first { $0.kind == .element }?.task }

    /// The task is mapped itself; tasks of a mapped group are not.
    public var isMapped: Bool { mappedOver != nil || mappedCount != nil || expansion != nil }
}

/// What runs when a task runs.
public enum TaskKind: Sendable, Hashable, Codable {
    /// Nothing: the scheduler marks it successful itself, as Airflow's EmptyOperator.
    case empty
    /// A closure or an operator of the author's, in a child process of a worker.
    case author
    /// Author code whose result names the direct downstream tasks to follow.
    case branch
    /// Author code whose result says whether to go on; false skips what is downstream.
    case shortCircuit
    /// A built-in operator; `fields` may hold templates, see ``Template``.
    case builtIn(type: String, fields: JSONValue)
}

/// One value that a task receives from an upstream task.
public struct TaskInput: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// The value of an unmapped task, or the list of the values of a mapped one.
        case value
        /// The same, read by the body itself when it wants to.
        case lazy
        /// One element of the list: the task is mapped over it.
        case element
        /// One element of a list that the group around the task is mapped over; a list that is known when the DAG is described has no task.
        case groupElement
        /// Used only inside templates; the body does not receive it.
        case template
    }

    public var task: String
    public var kind: Kind
    /// Which of the task's, or the group's, lists an element is from.
    public var list: Int?

    public init(task: String, kind: Kind = .value, list: Int? = nil) {
        self.task = task
        self.kind = kind
        self.list = list
    }
}
