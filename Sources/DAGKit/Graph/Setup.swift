internal import DAGModel

extension Output {
    /// Makes the task a setup: what is downstream of it, up to its teardowns, starts only after it has succeeded, and ends with it when it
    /// fails. Clearing one of those tasks clears the setup too.
    ///
    /// ```swift
    /// let cluster = task("create") { _ in try await create() }.asSetup()
    /// let result = task("compute", cluster) { _, cluster in try await compute(on: cluster) }
    /// let delete = task("delete", cluster) { _, cluster in try await remove(cluster) }.asTeardown(setups: cluster)
    /// result >> delete
    /// ```
    @discardableResult
    public func asSetup() -> Output<Value> {
        GraphBuilder.required("asSetup()").setRole(taskID, .setup)
        return self
    }

    /// Makes the task a teardown of these tasks, which become setups: it runs when everything between them and itself has ended, well or
    /// not, and one of them has succeeded.
    ///
    /// - Parameters:
    ///   - setups: What it takes down. It waits for them.
    ///   - onFailureFailDagrun: The end of the run depends on the teardown too. Defaults to false: a teardown that fails leaves
    ///     the run as it was.
    @discardableResult
    public func asTeardown(setups: any DeclaredTask..., onFailureFailDagrun: Bool = false) -> Output<Value> {
        GraphBuilder.required("asTeardown()")
            .setRole(taskID, .teardown(onFailureFailDagrun: onFailureFailDagrun), setups: setups.map(\.taskID))
        return self
    }
}
