public import DAGModel

extension Output {
    /// Says which of the task's instances start first, and how many of them may be active at once.
    ///
    /// ```swift
    /// task("train", data) { _, data in try await train(data) }.limited(pool: "gpu", priorityWeight: 10, maxActiveTisPerDag: 2)
    /// ```
    ///
    /// What is nil is left as ``DefaultArgs`` say, or as an earlier call said.
    ///
    /// - Parameters:
    ///   - pool: The pool whose slots each instance takes while it is queued or running. Defaults to `default_pool`.
    ///   - poolSlots: How many. Defaults to 1.
    ///   - priorityWeight: Instances with a higher weight get slots first. Defaults to 1.
    ///   - weightRule: Whose weights are added to it: those of all tasks downstream, upstream, or none. Defaults to `.downstream`.
    ///   - maxActiveTisPerDag: Instances of the task that may be queued or running in all runs of the DAG together. Defaults to no limit.
    ///   - maxActiveTisPerDagrun: Instances of the task, if it is mapped, that may be queued or running in one run. Defaults to no limit.
    @discardableResult
    public func limited(
        pool: String? = nil, poolSlots: Int? = nil, priorityWeight: Int? = nil, weightRule: WeightRule? = nil,
        maxActiveTisPerDag: Int? = nil, maxActiveTisPerDagrun: Int? = nil
    ) -> Output<Value> {
        GraphBuilder.required("limited()").setLimits(taskID) { limits in
            limits.pool = pool ?? limits.pool
            limits.poolSlots = poolSlots ?? limits.poolSlots
            limits.priorityWeight = priorityWeight ?? limits.priorityWeight
            limits.weightRule = weightRule ?? limits.weightRule
            limits.maxActiveTisPerDag = maxActiveTisPerDag ?? limits.maxActiveTisPerDag
            limits.maxActiveTisPerDagrun = maxActiveTisPerDagrun ?? limits.maxActiveTisPerDagrun
        }
        return self
    }
}
