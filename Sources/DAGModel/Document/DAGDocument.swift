/// What describing a DAG file yields: everything the scheduler, the API and the UI know about a DAG, without its code.
///
/// It is deterministic: the same sources give the same bytes (keys sorted, tasks in the order of their declaration).
public struct DAGDocument: Sendable, Hashable, Codable {
    public var id: String
    public var description: String?
    public var schedule: Schedule
    /// Runs are created from here on; nil means from the moment the DAG is first seen.
    public var start: Instant?
    public var end: Instant?
    public var catchup: Bool
    public var maxActiveRuns: Int
    public var isPausedUponCreation: Bool
    public var tags: [String]
    public var owner: String
    public var params: ParamsDocument
    /// What author code of every task of this DAG may use; tasks add their own.
    public var uses: [Use]
    public var tasks: [TaskDocument]
    /// The groups, outer ones first.
    public var groups: [TaskGroupDocument] = []
    public var limits = DAGLimits()
    /// What callbacks the DAG file has for its runs.
    public var callbacks: [CallbackKind] = []
    /// By when its runs are to have ended well.
    public var deadlines: [DeadlineDocument] = []
    /// A longer text for people, in Markdown.
    public var doc: String?

    public init(
        id: String, description: String? = nil, schedule: Schedule = .manual, start: Instant? = nil,
        end: Instant? = nil, catchup: Bool = false, maxActiveRuns: Int = 16, isPausedUponCreation: Bool = false,
        tags: [String] = [], owner: String = "airflow", params: ParamsDocument = .none, uses: [Use] = [],
        tasks: [TaskDocument]
    ) {
        self.id = id
        self.description = description
        self.schedule = schedule
        self.start = start
        self.end = end
        self.catchup = catchup
        self.maxActiveRuns = maxActiveRuns
        self.isPausedUponCreation = isPausedUponCreation
        self.tags = tags
        self.owner = owner
        self.params = params
        self.uses = uses
        self.tasks = tasks
    }
}
