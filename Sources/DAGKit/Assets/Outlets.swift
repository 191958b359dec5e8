public import DAGModel

extension Output {
    /// Says which assets the task has updated when it succeeds: DAGs whose schedule waits for them get their runs.
    ///
    /// ```swift
    /// let model = Asset("s3://models/gw")
    ///
    /// task("train", data) { context, data in
    ///     let result = try await train(data)
    ///     try context.setExtra(of: model, to: ["auc": result.auc])
    /// }.outlets(model)
    /// ```
    ///
    /// Each instance of a mapped task counts by itself. A task that fails or is skipped updates nothing, and neither does one that a
    /// person marks as success; one that is cleared and succeeds again updates them again.
    @discardableResult
    public func outlets(_ assets: Asset...) -> Output<Value> {
        GraphBuilder.required("outlets()").change(taskID) { task in
            for asset in assets where !task.outlets.contains(asset) { task.outlets.append(asset) }
        }
        return self
    }

    /// Says which assets the task reads: for people, and so that its body may ask for their updates with
    /// ``TaskContext/inletEvents(of:last:)``. The task does not wait for them.
    @discardableResult
    public func inlets(_ assets: Asset...) -> Output<Value> {
        GraphBuilder.required("inlets()").change(taskID) { task in
            for asset in assets where !task.inlets.contains(asset) { task.inlets.append(asset) }
        }
        return self
    }
}
