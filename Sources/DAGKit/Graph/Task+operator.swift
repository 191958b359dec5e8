public import DAGModel
internal import FoundationEssentials

/// An operator that comes with Slipstream and runs in the worker's operator host, not in a process of its own. Text fields that may
/// depend on the run are ``DAGModel/Template``s.
public protocol BuiltInOperator: Codable, Sendable {
    /// What the operator leaves for later tasks; `Void` for nothing.
    associatedtype Value

    /// The name in documents and in the UI, as Airflow's `operator_name`.
    static var operatorType: String { get }

    /// The connections and variables that the operator asks for. Defaults to none.
    var uses: [Use] { get }
}

extension BuiltInOperator {
    public var uses: [Use] { [] }
}

/// An operator that an author writes in the DAG repository. Each attempt runs ``run(_:)`` in a process of its own.
///
/// ```swift
/// struct Notify: TaskOperator {
///     var text: Template
///     func run(_ context: TaskContext) async throws -> Int { try await send(text.text) }
/// }
/// task("notify", Notify(text: "run \(.runID) trained \(model, \.path)"))
/// ```
///
/// In ``run(_:)`` every template field holds the rendered text.
public protocol TaskOperator: Codable, Sendable {
    associatedtype Value: Codable & Sendable

    func run(_ context: TaskContext) async throws -> Value
}

/// Declares a task that a built-in operator performs. The parameters are those of ``task``.
@discardableResult
public func task<Built: BuiltInOperator>(
    _ id: String, _ operation: Built, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line
) -> Output<Built.Value> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses + operation.uses.filter { !uses.contains($0) }, doc: doc, line: line)
    let fields = encodedFields(operation, id, line)
    let document = options.document(
        id, Built.self == Empty.self ? .empty : .builtIn(type: Built.operatorType, fields: fields),
        inputs: fields.templateInputs, output: Built.Value.self)
    return Output(taskID: GraphBuilder.required("task(\"\(id)\")", file, line).add(document, body: nil))
}

/// Declares a task that an operator of the author's performs. The parameters are those of ``task``.
@discardableResult
public func task<Written: TaskOperator>(
    _ id: String, _ operation: Written, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line
) -> Output<Written.Value> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    let fields = encodedFields(operation, id, line)
    let document = options.document(
        id, taskKind(of: Written.Value.self), inputs: fields.templateInputs, output: Written.Value.self)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, _ in
        let rendered = try fields.rendered(try await context.templateValues(for: fields.templateInputs.map(\.task)))
        let ready = try JSONDecoder().decode(Written.self, from: Data(rendered.compactJSON.utf8))
        return try encodeOutput(try await ready.run(context))
    }
    return Output(taskID: taskID)
}

private func encodedFields(_ operation: some Encodable, _ id: String, _ line: Int) -> JSONValue {
    do {
        return try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(operation))
    } catch {
        preconditionFailure("the operator of task \"\(id)\" on line \(line) cannot be written as JSON: \(error)")
    }
}

extension JSONValue {
    /// The tasks whose outputs the templates inside this value name, each once.
    fileprivate var templateInputs: [TaskInput] {
        var seen: Set<String> = []
        return templateTasks.filter { seen.insert($0).inserted }.map { TaskInput(task: $0, kind: .template) }
    }

    private var templateTasks: [String] {
        switch self {
        case .array(let values): return values.flatMap(\.templateTasks)
        case .object(let members):
            if members.count == 1, case .array(let segments)? = members["$template"] {
                return segments.compactMap { $0["task"]?.stringValue }
            }
            return members.sorted { $0.key < $1.key }.flatMap(\.value.templateTasks)
        default: return []
        }
    }
}
