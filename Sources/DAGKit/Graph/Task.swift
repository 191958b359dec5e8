public import DAGModel

/// Declares a task of author code. Each attempt runs `body` in a process of its own.
///
/// ```swift
/// let model = task("train", data, retries: 2, executionTimeout: .hours(1)) { context, data in
///     try await train(data, epochs: context.params(Params.self).epochs)
/// }
/// ```
///
/// - Parameters:
///   - id: Unique in the DAG: letters, digits, `_`, `-` and `.`.
///   - inputs: Outputs of other tasks; the body receives their values in this order, after the context.
///   - retries: Further attempts after one that failed. Defaults to the group's or the DAG's ``DefaultArgs``, and then to 0.
///   - retryDelay: The wait before each. Defaults in the same way, and then to 5 minutes.
///   - executionTimeout: How long one attempt may run before it is stopped and has failed. Defaults in the same
///     way, and then to no limit.
///   - triggerRule: What the ends of the upstream tasks have to be. Defaults in the same way, and then to `.allSuccess`.
///   - uses: Connections and variables that the body may ask its context for. Defaults to none.
///   - doc: For people. Defaults to none.
///   - body: What runs. A thrown error fails the attempt; ``SkipTask`` and ``FailTask`` say more.
/// - Returns: The value that `body` will have returned.
@discardableResult
public func task<each Input: Codable & Sendable, Value: Codable & Sendable>(
    _ id: String, _ inputs: repeat Output<each Input>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, repeat each Input) async throws -> Value
) -> Output<Value> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources: [TaskInput] = []
    repeat sources.append((each inputs).input)
    let document = options.document(id, taskKind(of: Value.self), inputs: sources, output: Value.self)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        return try encodeOutput(try await body(context, repeat try values.next((each Input).self)))
    }
    return Output(taskID: taskID)
}

/// Declares a task of author code that leaves no value: later tasks can only wait for it with `>>`. See ``task``.
@discardableResult
public func task<each Input: Codable & Sendable>(
    _ id: String, _ inputs: repeat Output<each Input>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, repeat each Input) async throws -> Void
) -> Output<Void> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources: [TaskInput] = []
    repeat sources.append((each inputs).input)
    let document = options.document(id, .author, inputs: sources, output: Void.self)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        try await body(context, repeat try values.next((each Input).self))
        return []
    }
    return Output(taskID: taskID)
}
