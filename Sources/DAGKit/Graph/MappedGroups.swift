internal import DAGModel

/// Declares a group whose tasks run once for each element of a list, in parallel. Inside, a task waits for, and receives the value of, the
/// instance with the same element; outside, the group's value is a list.
///
/// ```swift
/// let scores = taskGroup("per_file", each: files) { file in
///     let clean = task("clean", file) { _, file in try clean(file) }
///     return task("score", clean) { _, clean in score(clean) }
/// }
/// task("report", scores) { _, scores in print(scores.max() ?? 0) }     // scores: [Double]
/// ```
///
/// A list without elements skips the tasks. Mapped groups do not stand in mapped groups, and no task in one is mapped itself.
///
/// - Parameters:
///   - id: Unique among the groups and tasks around it: letters, digits, `_` and `-`.
///   - list: The output of a task that returns a list, or a list that is known when the DAG is described.
///   - defaultArgs: What the tasks inside get unless they say otherwise. Defaults to nothing.
///   - tasks: Declares the tasks, and returns the output that is the group's value.
/// - Returns: The values of all instances, in the order of the elements.
@discardableResult
public func taskGroup<List: MappableList & Sendable, Value>(
    _ id: String, each list: List, defaultArgs: DefaultArgs = DefaultArgs(), file: StaticString = #fileID,
    line: Int = #line, tasks: (Output<List.Element>) -> Output<Value>
) -> Output<[Value]> {
    taskGroup(id, each: zipped(list), defaultArgs: defaultArgs, file: file, line: line, tasks: tasks)
}

/// Declares a mapped group that has no value. See ``taskGroup``.
@discardableResult
public func taskGroup<List: MappableList & Sendable>(
    _ id: String, each list: List, defaultArgs: DefaultArgs = DefaultArgs(), file: StaticString = #fileID,
    line: Int = #line, tasks: (Output<List.Element>) -> Void
) -> TaskGroup {
    taskGroup(id, each: zipped(list), defaultArgs: defaultArgs, file: file, line: line, tasks: tasks)
}

/// Declares a group whose tasks run once for each combination of the elements of several lists, ``zipped(_:)`` or as a
/// ``crossProduct(_:)``. See ``taskGroup``.
@discardableResult
public func taskGroup<each List: MappableList & Sendable, Value>(
    _ id: String, each lists: MappedLists<repeat each List>, defaultArgs: DefaultArgs = DefaultArgs(),
    file: StaticString = #fileID, line: Int = #line, tasks: (repeat Output<(each List).Element>) -> Output<Value>
) -> Output<[Value]> {
    let builder = GraphBuilder.required("taskGroup(\"\(id)\")", file, line)
    var value = ""
    let group = builder.group(id, defaultArgs, line: line, expansion: lists.expansion) {
        var elements = GroupElements(builder.currentGroup)
        value = tasks(repeat elements.next(of: each lists.lists)).taskID
        builder.keep(elements.literals, of: builder.currentGroup)
    }
    return Output(taskID: value, origin: .group(group))
}

/// Declares a group that is mapped over several lists and has no value. See ``taskGroup``.
@discardableResult
public func taskGroup<each List: MappableList & Sendable>(
    _ id: String, each lists: MappedLists<repeat each List>, defaultArgs: DefaultArgs = DefaultArgs(),
    file: StaticString = #fileID, line: Int = #line, tasks: (repeat Output<(each List).Element>) -> Void
) -> TaskGroup {
    let builder = GraphBuilder.required("taskGroup(\"\(id)\")", file, line)
    return builder.group(id, defaultArgs, line: line, expansion: lists.expansion) {
        var elements = GroupElements(builder.currentGroup)
        tasks(repeat elements.next(of: each lists.lists))
        builder.keep(elements.literals, of: builder.currentGroup)
    }
}

/// For each mapped group, by its full id, the lists that are known when the DAG is described: the JSON of an element by its place, nil where
/// there is none.
typealias GroupLiterals = [String: [Int: @Sendable (Int) throws -> [UInt8]?]]

enum GroupElementName {
    /// No task's id begins so.
    static let prefix = "element of group "
}

/// Makes the outputs that stand for the elements of a group's lists.
private struct GroupElements {
    private let group: String
    private var list = 0
    private(set) var literals: [Int: @Sendable (Int) throws -> [UInt8]?] = [:]

    init(_ group: String) { self.group = group }

    mutating func next<List: MappableList & Sendable>(of list: List) -> Output<List.Element> {
        defer { self.list += 1 }
        let name = GroupElementName.prefix + group
        if case .output(let task) = list.mappedSource {
            return Output(taskID: name, origin: .element(list: self.list, source: task))
        }
        literals[self.list] = { place in
            guard let elements = list.mappedElements, elements.indices.contains(place) else { return nil }
            return try encodeOutput(elements[place])
        }
        return Output(taskID: name, origin: .element(list: self.list, source: nil))
    }
}

extension GraphBuilder {
    fileprivate var currentGroup: String { change { $0.group ?? "" } }

    fileprivate func keep(_ literals: [Int: @Sendable (Int) throws -> [UInt8]?], of group: String) {
        change { $0.literals[group] = literals }
    }
}

extension MappedLists {
    /// How the lists make the instances, as the DAG's document describes it.
    var expansion: Expansion {
        var sources: [Expansion.Source] = []
        repeat sources.append((each lists).mappedSource)
        return Expansion(form, sources)
    }
}
