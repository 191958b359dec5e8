public import DAGModel

/// What tasks get that do not say otherwise themselves: for a DAG (``DAG/defaultArgs``) or a group (``taskGroup``), as Airflow's
/// `default_args`.
///
/// ```swift
/// let defaultArgs = DefaultArgs(retries: 2, retryDelay: .exponential(from: .seconds(30)))
/// ```
public struct DefaultArgs: Sendable {
    public var retries: Int?
    public var retryDelay: RetryWait?
    public var executionTimeout: Duration?
    public var triggerRule: TriggerRule?
    public var pool: String?
    public var poolSlots: Int?
    public var priorityWeight: Int?
    public var weightRule: WeightRule?
    public var maxActiveTisPerDag: Int?
    public var maxActiveTisPerDagrun: Int?
    public var dependsOnPast: Bool?
    public var waitForDownstream: Bool?
    public var ignoreFirstDependsOnPast: Bool?
    public var waitForPastDependsBeforeSkipping: Bool?
    public var retryOn: [RetryCause]?
    public var neverRetryOn: [RetryCause]?
    public var maxLosses: Int?
    public var onFailure: Callback?
    public var onSuccess: Callback?
    public var onRetry: Callback?
    public var onSkipped: Callback?

    /// Each setting that is nil is left to the group around, to the DAG, and then to ``task``'s own default. All default to nil.
    public init(
        retries: Int? = nil, retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil,
        triggerRule: TriggerRule? = nil, pool: String? = nil, poolSlots: Int? = nil, priorityWeight: Int? = nil,
        weightRule: WeightRule? = nil,
        maxActiveTisPerDag: Int? = nil, maxActiveTisPerDagrun: Int? = nil, dependsOnPast: Bool? = nil,
        waitForDownstream: Bool? = nil, ignoreFirstDependsOnPast: Bool? = nil,
        waitForPastDependsBeforeSkipping: Bool? = nil, retryOn: [RetryCause]? = nil,
        neverRetryOn: [RetryCause]? = nil, maxLosses: Int? = nil, onFailure: Callback? = nil,
        onSuccess: Callback? = nil, onRetry: Callback? = nil, onSkipped: Callback? = nil
    ) {
        self.retries = retries
        self.retryDelay = retryDelay
        self.executionTimeout = executionTimeout
        self.triggerRule = triggerRule
        self.pool = pool
        self.poolSlots = poolSlots
        self.priorityWeight = priorityWeight
        self.weightRule = weightRule
        self.maxActiveTisPerDag = maxActiveTisPerDag
        self.maxActiveTisPerDagrun = maxActiveTisPerDagrun
        self.dependsOnPast = dependsOnPast
        self.waitForDownstream = waitForDownstream
        self.ignoreFirstDependsOnPast = ignoreFirstDependsOnPast
        self.waitForPastDependsBeforeSkipping = waitForPastDependsBeforeSkipping
        self.retryOn = retryOn
        self.neverRetryOn = neverRetryOn
        self.maxLosses = maxLosses
        self.onFailure = onFailure
        self.onSuccess = onSuccess
        self.onRetry = onRetry
        self.onSkipped = onSkipped
    }

    func over(_ outer: DefaultArgs) -> DefaultArgs {
        DefaultArgs(
            retries: retries ?? outer.retries, retryDelay: retryDelay ?? outer.retryDelay,
            executionTimeout: executionTimeout ?? outer.executionTimeout, triggerRule: triggerRule ?? outer.triggerRule,
            pool: pool ?? outer.pool, poolSlots: poolSlots ?? outer.poolSlots,
            priorityWeight: priorityWeight ?? outer.priorityWeight, weightRule: weightRule ?? outer.weightRule,
            maxActiveTisPerDag: maxActiveTisPerDag ?? outer.maxActiveTisPerDag,
            maxActiveTisPerDagrun: maxActiveTisPerDagrun ?? outer.maxActiveTisPerDagrun,
            dependsOnPast: dependsOnPast ?? outer.dependsOnPast,
            waitForDownstream: waitForDownstream ?? outer.waitForDownstream,
            ignoreFirstDependsOnPast: ignoreFirstDependsOnPast ?? outer.ignoreFirstDependsOnPast,
            waitForPastDependsBeforeSkipping: waitForPastDependsBeforeSkipping
                ?? outer.waitForPastDependsBeforeSkipping,
            retryOn: retryOn ?? outer.retryOn, neverRetryOn: neverRetryOn ?? outer.neverRetryOn,
            maxLosses: maxLosses ?? outer.maxLosses, onFailure: onFailure ?? outer.onFailure,
            onSuccess: onSuccess ?? outer.onSuccess, onRetry: onRetry ?? outer.onRetry,
            onSkipped: onSkipped ?? outer.onSkipped)
    }

    var retryPolicy: RetryPolicy {
        var policy = RetryPolicy()
        policy.on = retryOn
        policy.never = neverRetryOn ?? policy.never
        policy.maxLosses = maxLosses ?? policy.maxLosses
        return policy
    }

    var past: PastDependency {
        var past = PastDependency()
        past.dependsOnPast = dependsOnPast ?? past.dependsOnPast
        past.waitForDownstream = waitForDownstream ?? past.waitForDownstream
        past.ignoreFirstDependsOnPast = ignoreFirstDependsOnPast ?? past.ignoreFirstDependsOnPast
        past.waitsBeforeSkipping = waitForPastDependsBeforeSkipping ?? past.waitsBeforeSkipping
        return past
    }

    var limits: TaskLimits {
        var limits = TaskLimits()
        limits.pool = pool ?? limits.pool
        limits.poolSlots = poolSlots ?? limits.poolSlots
        limits.priorityWeight = priorityWeight ?? limits.priorityWeight
        limits.weightRule = weightRule ?? limits.weightRule
        limits.maxActiveTisPerDag = maxActiveTisPerDag
        limits.maxActiveTisPerDagrun = maxActiveTisPerDagrun
        return limits
    }
}
