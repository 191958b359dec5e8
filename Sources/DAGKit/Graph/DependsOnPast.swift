internal import DAGModel

extension Output {
    /// Lets the task start only when its instances in the run before have ended as `success` or `skipped`. Until then it waits, without a
    /// slot; the end of the earlier instance, or a person who clears or marks it, wakes it.
    ///
    /// ```swift
    /// task("update", delta) { _, delta in try await apply(delta) }.dependsOnPast()
    /// ```
    ///
    /// The run before is the one with the newest earlier logical date; with ``DAG/catchup``, runs that people triggered do not count. A run
    /// without a logical date has none.
    ///
    /// - Parameters:
    ///   - isNeeded: False takes back what ``DefaultArgs`` say.
    ///   - waitForDownstream: The tasks directly downstream of it in the run before have to have ended well too. What is nil is left as
    ///     ``DefaultArgs`` say. Defaults to false.
    ///   - ignoreFirst: A task that is new in the DAG, and never ran, needs no past. Defaults to true.
    ///   - waitBeforeSkipping: Also when the task is skipped, it is only once its past lets it start. Defaults to false.
    @discardableResult
    public func dependsOnPast(
        _ isNeeded: Bool = true, waitForDownstream: Bool? = nil, ignoreFirst: Bool? = nil,
        waitBeforeSkipping: Bool? = nil
    ) -> Output<Value> {
        GraphBuilder.required("dependsOnPast()").change(taskID) { task in
            task.past.dependsOnPast = isNeeded
            task.past.waitForDownstream = isNeeded && waitForDownstream ?? task.past.waitForDownstream
            task.past.ignoreFirstDependsOnPast = ignoreFirst ?? task.past.ignoreFirstDependsOnPast
            task.past.waitsBeforeSkipping = waitBeforeSkipping ?? task.past.waitsBeforeSkipping
        }
        return self
    }
}
