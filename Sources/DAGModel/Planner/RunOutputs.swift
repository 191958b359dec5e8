/// The outputs of one run's task instances where no database keeps them: JSON texts, and what attempts that ask for them are given.
package struct RunOutputs: Sendable {
    private let graph: DAGGraph
    private var values: [String: [Int: String]] = [:]

    package init(_ graph: DAGGraph) { self.graph = graph }

    package mutating func set(_ output: String, of key: InstanceKey) {
        values[graph.tasks[key.task].id, default: [:]][key.mapIndex] = output
    }

    /// The output of a task as JSON: of a mapped one the list of its instances' outputs; nil when there is none.
    ///
    /// - Parameter reader: The instance that asks: in one mapped group it gets that of the same index.
    package func value(of task: String, for reader: InstanceKey? = nil) -> String? {
        guard let outputs = values[task] else { return nil }
        if let index = reader.flatMap({ graph.source(task, of: $0) }) { return outputs[index] }
        if let single = outputs[-1] { return single.isEmpty ? nil : single }
        return "["
            + outputs.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? "null" : $0.value }.joined(separator: ",")
            + "]"
    }

    /// One element of the list that a task gave; nil when it gave none, or a shorter one.
    package func element(_ index: Int, of task: String, for reader: InstanceKey? = nil) -> String? {
        guard let elements = elements(of: task, for: reader), elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The elements of the list that a task gave, as JSON texts; nil when it gave none.
    package func elements(of task: String, for reader: InstanceKey? = nil) -> [String]? {
        let json = Array((value(of: task, for: reader) ?? "").utf8)
        return JSONElements.ranges(in: json)?.map { String(decoding: json[$0], as: UTF8.self) }
    }
}
