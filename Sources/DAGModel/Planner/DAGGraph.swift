/// A DAG's tasks by index, with edges both ways: what the planner walks. Indices follow the order of declaration.
public struct DAGGraph: Sendable {
    public let tasks: [TaskDocument]
    public let index: [String: Int]
    public let upstream: [[Int]]
    public let downstream: [[Int]]
    /// Indices in topological order, ties by declaration; shorter than `tasks` when there is a cycle.
    public let order: [Int]

    /// Edges to unknown tasks and second tasks of the same id are left out: `validate()` reports them.
    public init(_ document: DAGDocument) {
        tasks = document.tasks
        index = Dictionary(tasks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let byID = index
        upstream = tasks.map { task in task.upstream.compactMap { byID[$0] } }
        var downstream = [[Int]](repeating: [], count: tasks.count)
        for (task, parents) in upstream.enumerated() {
            for parent in parents { downstream[parent].append(task) }
        }
        self.downstream = downstream
        order = Self.topologicalOrder(upstream: upstream, downstream: downstream)
    }

    private static func topologicalOrder(upstream: [[Int]], downstream: [[Int]]) -> [Int] {
        var waiting = upstream.map(\.count)
        var order = waiting.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for child in downstream[order[next]] {
                waiting[child] -= 1
                if waiting[child] == 0 { order.append(child) }
            }
            next += 1
        }
        return order
    }
}
