public import DAGModel
internal import WorkerProtocol

/// What a task can be mapped over: a list that is known when the DAG is described, or the output of a task that returns one.
public protocol MappableList {
    associatedtype Element: Codable

    /// The list as the DAG's document describes it.
    var mappedSource: Expansion.Source { get }
    /// The list itself, when it is known.
    var mappedElements: [Element]? { get }
}

extension Array: MappableList where Element: Codable {
    public var mappedSource: Expansion.Source {
        .literal(count: count, hash: (try? encodeOutput(self)).map { fingerprint(of: $0) })
    }
    public var mappedElements: [Element]? { self }
}

extension Output: MappableList where Value: MappableList {
    public typealias Element = Value.Element

    public var mappedSource: Expansion.Source { .output(task: taskID) }
    public var mappedElements: [Value.Element]? { nil }
}

/// Several lists that a task is mapped over at once; see ``zipped(_:)`` and ``crossProduct(_:)``.
public struct MappedLists<each List: MappableList & Sendable>: Sendable {
    let lists: (repeat each List)
    let form: Expansion.Form
}

/// The first elements of all lists, the second ones and so on, as far as the shortest list goes.
///
/// ```swift
/// task("plot", each: zipped(models, names)) { _, model, name in try plot(model, title: name) }
/// ```
public func zipped<each List: MappableList & Sendable>(_ lists: repeat each List) -> MappedLists<repeat each List> {
    MappedLists(lists: (repeat each lists), form: .zip)
}

/// Every combination of the elements of all lists; the last list varies fastest, as in Airflow's `expand`.
///
/// ```swift
/// task("train", each: crossProduct(folds, [0.1, 0.01])) { _, fold, rate in try await train(fold, rate) }
/// ```
public func crossProduct<each List: MappableList & Sendable>(_ lists: repeat each List) -> MappedLists<repeat each List>
{
    MappedLists(lists: (repeat each lists), form: .product)
}

/// Declares a task that runs once for each combination of the elements of several lists, in parallel. The other parameters are those of
/// ``task``.
///
/// - Parameter lists: The lists, ``zipped(_:)`` or as a ``crossProduct(_:)``; at most 100,000 instances.
/// - Returns: The values of all instances, in the order of the combinations.
@discardableResult
public func task<each List: MappableList & Sendable, Value: Codable & Sendable>(
    _ id: String, each lists: MappedLists<repeat each List>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, repeat (each List).Element) async throws -> Value
) -> Output<[Value]> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    let document = options.document(id, .author, inputs: [], output: [Value].self).mapped(over: lists)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var elements = ElementReader(context, InputValues(values, context))
        return try encodeOutput(try await body(context, repeat try elements.next(of: each lists.lists)))
    }
    return Output(taskID: taskID)
}

/// Declares a task that is mapped over several lists and leaves no values. See ``task``.
@discardableResult
public func task<each List: MappableList & Sendable>(
    _ id: String, each lists: MappedLists<repeat each List>, retries: Int? = nil, retryDelay: RetryWait? = nil,
    executionTimeout: Duration? = nil, triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil,
    file: StaticString = #fileID, line: Int = #line,
    body: @escaping @Sendable (TaskContext, repeat (each List).Element) async throws -> Void
) -> Output<Void> {
    let options = TaskOptions(
        retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout, triggerRule: triggerRule,
        uses: uses, doc: doc, line: line)
    let document = options.document(id, .author, inputs: [], output: Void.self).mapped(over: lists)
    let taskID = GraphBuilder.required("task(\"\(id)\")", file, line).add(document) { context, values in
        var elements = ElementReader(context, InputValues(values, context))
        try await body(context, repeat try elements.next(of: each lists.lists))
        return []
    }
    return Output(taskID: taskID)
}

/// Takes the element of one list after the other for an instance.
private struct ElementReader {
    private let context: TaskContext
    private var values: InputValues
    private var list = 0

    init(_ context: TaskContext, _ values: InputValues) {
        self.context = context
        self.values = values
    }

    mutating func next<List: MappableList>(of source: List) throws -> List.Element {
        defer { list += 1 }
        guard let elements = source.mappedElements else { return try values.next(List.Element.self) }
        let place = try context.spec.place(inList: list)
        guard elements.indices.contains(place) else {
            throw FailTask("list \(list + 1) of the task has \(elements.count) elements; there is none at \(place)")
        }
        return elements[place]
    }
}

extension AttemptSpec {
    /// The place of this instance's element in one of the lists that its task is mapped over.
    func place(inList list: Int) throws -> Int {
        guard elementPlaces.indices.contains(list) else {
            throw FailTask("the scheduler gave no place in list \(list + 1) of the task")
        }
        return elementPlaces[list]
    }
}

extension TaskDocument {
    fileprivate func mapped<each List: MappableList & Sendable>(over lists: MappedLists<repeat each List>)
        -> TaskDocument
    {
        var (document, sources) = (self, [Expansion.Source]())
        repeat sources.append((each lists.lists).mappedSource)
        document.inputs = sources.enumerated().compactMap { place, source in
            guard case .output(let task) = source else { return nil }
            return TaskInput(task: task, kind: .element, list: place)
        }
        document.expansion = Expansion(lists.form, sources)
        return document
    }
}
