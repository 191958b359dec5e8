internal import DAGModel

extension Output {
    /// Calls `body` when an instance of the task has failed for good, instead of the default of the group or the DAG; see ``Callback``.
    ///
    /// ```swift
    /// task("publish", model) { _, model in try await publish(model) }
    ///     .onFailure { event in print("\(event.runID) was not published: \(event.reason ?? "")") }
    /// ```
    ///
    /// As in Airflow it is called when the task itself failed, or lost its workers; not for `upstream_failed`, for what a run's end or a person
    /// stopped, and for what a person marked.
    @discardableResult
    public func onFailure(_ body: @escaping @Sendable (CallbackContext) async throws -> Void) -> Output<Value> {
        onFailure(Callback(body))
    }

    /// Calls a callback that several tasks share when an instance of the task has failed for good. `.nothing` undoes a default.
    @discardableResult
    public func onFailure(_ callback: Callback) -> Output<Value> { calling(.failure, callback) }

    /// Calls `body` when an instance of the task has succeeded, instead of the default of the group or the DAG; see ``Callback``.
    @discardableResult
    public func onSuccess(_ body: @escaping @Sendable (CallbackContext) async throws -> Void) -> Output<Value> {
        onSuccess(Callback(body))
    }

    /// Calls a callback that several tasks share when an instance of the task has succeeded. `.nothing` undoes a default.
    @discardableResult
    public func onSuccess(_ callback: Callback) -> Output<Value> { calling(.success, callback) }

    /// Calls `body` when an instance of the task has failed, or lost its worker, and will be tried again, instead of the default of the group
    /// or the DAG; see ``Callback``.
    @discardableResult
    public func onRetry(_ body: @escaping @Sendable (CallbackContext) async throws -> Void) -> Output<Value> {
        onRetry(Callback(body))
    }

    /// Calls a callback that several tasks share when an instance of the task will be tried again. `.nothing` undoes a default.
    @discardableResult
    public func onRetry(_ callback: Callback) -> Output<Value> { calling(.retry, callback) }

    /// Calls `body` when the body of the task threw ``SkipTask``, instead of the default of the group or the DAG; see ``Callback``. As in Airflow
    /// it is not called for a task that a branch or a trigger rule skips.
    @discardableResult
    public func onSkipped(_ body: @escaping @Sendable (CallbackContext) async throws -> Void) -> Output<Value> {
        onSkipped(Callback(body))
    }

    /// Calls a callback that several tasks share when the body of the task threw ``SkipTask``. `.nothing` undoes a default.
    @discardableResult
    public func onSkipped(_ callback: Callback) -> Output<Value> { calling(.skipped, callback) }

    private func calling(_ kind: CallbackKind, _ callback: Callback) -> Output<Value> {
        GraphBuilder.required("a callback").setCallback(taskID, kind, callback)
        return self
    }
}

/// The callbacks of a task, or of the tasks of a group or DAG, by what they are called for.
struct TaskCallbacks: Sendable {
    private var bodies: [CallbackKind: Callback.Body] = [:]

    init(_ defaults: DefaultArgs) {
        set(.failure, defaults.onFailure)
        set(.success, defaults.onSuccess)
        set(.retry, defaults.onRetry)
        set(.skipped, defaults.onSkipped)
    }

    /// The callbacks of a DAG run.
    init(onFailure: Callback, onSuccess: Callback) {
        set(.failure, onFailure)
        set(.success, onSuccess)
    }

    /// In the order of their declaration in ``CallbackKind``.
    var kinds: [CallbackKind] { CallbackKind.allCases.filter { bodies[$0] != nil } }

    subscript(kind: CallbackKind) -> Callback.Body? { bodies[kind] }

    mutating func set(_ kind: CallbackKind, _ callback: Callback?) { bodies[kind] = callback?.body }
}
