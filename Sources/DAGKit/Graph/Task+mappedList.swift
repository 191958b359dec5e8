public import DAGModel

/// Declares a task that runs once for each element of a list that is known when the DAG is described, in parallel.
///
/// ```swift
/// let scores = task("score", each: ["H1", "L1"]) { _, detector in try await score(detector) }   // Output<[Score]>
/// ```
///
/// The other parameters are those of ``task``.
///
/// - Parameters:
///   - elements: The list to map over: the same at each evaluation of ``DAG/body()``.
///   - inputs: Outputs of other tasks, given whole to every instance.
/// - Returns: The values of all instances, in the order of the elements.
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable, Value: Codable & Sendable>(
    _ id: String, each elements: [Element], _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Value
) -> Output<[Value]> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources: [TaskInput] = []
    repeat sources.append((each inputs).input)
    let document = options.document(id, .author, inputs: sources, output: [Value].self).mapped(over: elements)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        let element = try context.element(of: elements)
        return try encodeOutput(try await body(context, element, repeat try values.next((each Input).self)))
    }
    return Output(taskID: taskID)
}

/// Declares a task that is mapped over a known list and leaves no values. See ``task``.
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable>(
    _ id: String, each elements: [Element], _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Void
) -> Output<Void> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    var sources: [TaskInput] = []
    repeat sources.append((each inputs).input)
    let document = options.document(id, .author, inputs: sources, output: Void.self).mapped(over: elements)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var values = InputValues(values, context)
        let element = try context.element(of: elements)
        try await body(context, element, repeat try values.next((each Input).self))
        return []
    }
    return Output(taskID: taskID)
}

extension TaskDocument {
    fileprivate func mapped(over elements: [some Encodable]) -> TaskDocument {
        var document = self
        document.mappedCount = elements.count
        // An element that JSON cannot hold (a number that is infinite) leaves no hash; it never leaves this process anyway.
        document.mappedHash = (try? encodeOutput(elements)).map { fingerprint(of: $0) }
        return document
    }
}

extension TaskContext {
    fileprivate func element<Element>(of elements: [Element]) throws -> Element {
        guard elements.indices.contains(mapIndex) else {
            throw FailTask("the task is mapped over \(elements.count) elements; there is none at \(mapIndex)")
        }
        return elements[mapIndex]
    }
}
