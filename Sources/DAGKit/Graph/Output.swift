internal import DAGModel

/// The value that a task will have produced when it has succeeded. Passing it to another task makes that task wait for it and
/// receive the value; a wrong type does not compile.
///
/// The output of a mapped task is an array with one value for each of its instances.
public struct Output<Value>: TaskNode, DeclaredTask {
    /// The id of the task, with the prefixes of its groups.
    public let taskID: String
    let origin: OutputOrigin
    /// The body reads the value itself, see ``Lazy``.
    let isLazy: Bool

    init(taskID: String, origin: OutputOrigin = .task, isLazy: Bool = false) {
        self.taskID = taskID
        self.origin = origin
        self.isLazy = isLazy
    }

    public var firstTaskIDs: [String] {
        switch origin {
        case .task: [taskID]
        case .group(let group): group.firstTaskIDs
        case .element: []
        }
    }

    public var lastTaskIDs: [String] {
        switch origin {
        case .task: [taskID]
        case .group(let group): group.lastTaskIDs
        case .element(_, let source): source.map { [$0] } ?? []
        }
    }

    /// What a task receives to which the output is passed.
    var input: TaskInput {
        guard case .element(let list, let source) = origin else {
            return TaskInput(task: taskID, kind: isLazy ? .lazy : .value)
        }
        return TaskInput(task: source ?? "", kind: .groupElement, list: list)
    }
}

/// Where an output comes from, beyond the task that it names.
enum OutputOrigin: Sendable {
    case task
    /// The values of all instances of a mapped group, for what stands outside of it.
    case group(TaskGroup)
    /// Inside a mapped group, an element of its list; `source` is the task that makes the list.
    case element(list: Int, source: String?)
}

/// What `>>` connects: a task or a group of tasks.
public protocol TaskNode: Sendable {
    /// The tasks that wait for what stands left of `>>`.
    var firstTaskIDs: [String] { get }
    /// The tasks that what stands right of `>>` waits for.
    var lastTaskIDs: [String] { get }
}

/// One task, not a group of them.
public protocol DeclaredTask: TaskNode {
    /// The id of the task, with the prefixes of its groups.
    var taskID: String { get }
}

/// Tasks that belong together: their ids begin with the group's, and `>>` treats them as one.
public struct TaskGroup: TaskNode {
    public let id: String
    public let firstTaskIDs: [String]
    public let lastTaskIDs: [String]
}

/// Declares a group: the tasks declared in `tasks` have ids that begin with the group's id and a dot.
///
/// ```swift
/// let load = taskGroup("load") {
///     let file = task("download", S3Download(from: "s3://raw/data.csv", to: "data.csv", connection: "minio"))
///     task("insert", file) { _, file in try insert(file) }
/// }
/// chain(prepare, load, report)       // load.download waits for prepare, report waits for load.insert
/// ```
///
/// Groups may stand in groups. What follows a group does not wait for its teardowns.
///
/// - Parameters:
///   - id: Unique among the groups and tasks around it: letters, digits, `_` and `-`.
///   - defaultArgs: What the tasks inside get unless they say otherwise, before what the groups around this one and the DAG say.
///     Defaults to nothing.
@discardableResult
public func taskGroup(
    _ id: String, defaultArgs: DefaultArgs = DefaultArgs(), file: StaticString = #fileID, line: Int = #line,
    tasks: () -> Void
) -> TaskGroup {
    GraphBuilder.required("taskGroup(\"\(id)\")", file, line).group(id, defaultArgs, line: line, tasks)
}

/// The right side waits for the left side: a control edge, without data. Swift's `>>` cannot be chained; see ``chain(_:)``.
@discardableResult
public func >> <Right: TaskNode>(left: some TaskNode, right: Right) -> Right {
    GraphBuilder.required(">>").connect(left.lastTaskIDs, right.firstTaskIDs)
    return right
}

/// Every task on the right side waits for the left side.
@discardableResult
public func >> (left: some TaskNode, right: [any TaskNode]) -> [any TaskNode] {
    GraphBuilder.required(">>").connect(left.lastTaskIDs, right.flatMap(\.firstTaskIDs))
    return right
}

/// The right side waits for every task on the left side.
@discardableResult
public func >> <Right: TaskNode>(left: [any TaskNode], right: Right) -> Right {
    GraphBuilder.required(">>").connect(left.flatMap(\.lastTaskIDs), right.firstTaskIDs)
    return right
}

/// Each node waits for the one before it, as Airflow's `chain`: `chain(a, b, c)` is `a >> b` and `b >> c`.
public func chain(_ nodes: any TaskNode...) {
    for (before, after) in zip(nodes, nodes.dropFirst()) {
        GraphBuilder.required("chain").connect(before.lastTaskIDs, after.firstTaskIDs)
    }
}
