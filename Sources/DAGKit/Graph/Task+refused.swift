public import DAGModel

// Forms of ``task`` that must not compile. Without them the compiler would drop the value of a body that cannot be kept, or fail
// without a word about what is wrong.

/// The isolation of what no `body()` can call: its name is what the compiler says about a body whose value cannot be kept.
@globalActor
public actor OutputsMustBeCodableAndSendable {
    public static let shared = OutputsMustBeCodableAndSendable()
}

@OutputsMustBeCodableAndSendable
@discardableResult
public func task<each Input: Codable & Sendable, Value>(
    _ id: String, _ inputs: repeat Output<each Input>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, repeat each Input) async throws -> Value
) -> Output<Value> { Output(taskID: id) }

@OutputsMustBeCodableAndSendable
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable, Value>(
    _ id: String, each elements: Output<[Element]>, _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Value
) -> Output<[Value]> { Output(taskID: id) }

@available(*, unavailable, message: "each: needs the output of a task that returns a list")
public func task<Element: Codable & Sendable, each Input: Codable & Sendable, Value>(
    _ id: String, each elements: Output<Element>, _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Value
) -> Output<[Value]> { Output(taskID: id) }

@OutputsMustBeCodableAndSendable
@discardableResult
public func task<Element: Codable & Sendable, each Input: Codable & Sendable, Value>(
    _ id: String, each elements: [Element], _ inputs: repeat Output<each Input>, retries: Int? = nil,
    retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil,
    uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Element, repeat each Input) async throws -> Value
) -> Output<[Value]> { Output(taskID: id) }

@available(*, unavailable, message: "a body takes the context first: { context in … } or { _ in … }")
public func task<each Input: Codable & Sendable, Value>(
    _ id: String, _ inputs: repeat Output<each Input>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line, body: @escaping @Sendable () async throws -> Value
) -> Output<Value> { Output(taskID: id) }

@available(
    *, unavailable, message: "that task leaves no value: it cannot be an input, but >> makes this task wait for it"
)
public func task<Value>(
    _ id: String, _ input: Output<Void>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, Void) async throws -> Value
) -> Output<Value> { Output(taskID: id) }
