public import DAGModel

/// Declares a task that runs once for each element of another task's list, in parallel.
///
/// ```swift
/// let models = task("train", each: folds) { context, fold in try await train(fold) }   // Output<[Model]>
/// ```
///
/// A list without elements skips the task. ``TaskContext/mapIndex`` tells the position of the element. The other parameters are
/// those of ``task``.
///
/// - Parameters:
///   - elements: The list to map over.
///   - inputs: Further outputs, given whole to every instance.
/// - Returns: The values of all instances, in the order of the elements.
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable, Value: Codable & Sendable>(
    _ id: String, each elements: Output<[Element]>, _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Value
) -> Output<[Value]> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources = [TaskInput(task: elements.taskID, kind: .element)]
    repeat sources.append((each inputs).input)
    let document = options.document(id, .author, inputs: sources, output: [Value].self)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        let element = try values.next(Element.self)
        return try encodeOutput(try await body(context, element, repeat try values.next((each Input).self)))
    }
    return Output(taskID: taskID)
}

/// Declares a mapped task that leaves no values. See ``task``.
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable>(
    _ id: String, each elements: Output<[Element]>, _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Void
) -> Output<Void> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources = [TaskInput(task: elements.taskID, kind: .element)]
    repeat sources.append((each inputs).input)
    let document = options.document(id, .author, inputs: sources, output: Void.self)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        let element = try values.next(Element.self)
        try await body(context, element, repeat try values.next((each Input).self))
        return []
    }
    return Output(taskID: taskID)
}
