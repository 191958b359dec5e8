public import DAGModel

extension Output {
    /// Says which failures are tried again, while the task has `retries` left, and how often its worker may be lost.
    ///
    /// ```swift
    /// task("fetch", Shell("fetch.sh"), retries: 5).retried(on: [.timeout, .exitCode(75)])
    /// task("parse", text, retries: 2) { _, text in try parse(text) }.retried(never: [.error("SyntaxError")])
    /// ```
    ///
    /// A ``FailTask`` is never tried again. What is nil is left as ``DefaultArgs`` say.
    ///
    /// - Parameters:
    ///   - on: Only failures of these causes are tried again. Defaults to all.
    ///   - never: Failures of these causes are not tried again; they win over `on`. Defaults to none.
    ///   - maxLosses: How often an instance that lost its worker, or its host, begins again, which costs no retry. Defaults to 3.
    @discardableResult
    public func retried(on: [RetryCause]? = nil, never: [RetryCause]? = nil, maxLosses: Int? = nil) -> Output<Value> {
        GraphBuilder.required("retried()").change(taskID) { task in
            task.retryPolicy.on = on ?? task.retryPolicy.on
            task.retryPolicy.never = never ?? task.retryPolicy.never
            task.retryPolicy.maxLosses = maxLosses ?? task.retryPolicy.maxLosses
        }
        return self
    }
}
