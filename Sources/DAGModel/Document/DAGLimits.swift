/// What a DAG's runs may take, and when they are given up.
public struct DAGLimits: Sendable, Hashable, Codable {
    /// Task instances of one run that may be queued or running at once. Defaults to 16.
    public var maxActiveTasks = 16
    /// Seconds after its start at which a run has failed; nil means without limit.
    public var dagrunTimeout: Double?
    /// The first task that fails ends the run. Defaults to false.
    public var failFast = false
    /// So many failed runs in a row pause the DAG; 0 means never.
    public var maxConsecutiveFailedRuns = 0

    public init() {}
}
