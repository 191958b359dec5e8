/// A DAG's tasks by index, with edges both ways: what the planner walks. Indices follow the order of declaration.
public final class DAGGraph: Sendable {
    public let tasks: [TaskDocument]
    public let index: [String: Int]
    public let upstream: [[Int]]
    public let downstream: [[Int]]
    /// Indices in topological order, ties by declaration; shorter than `tasks` when there is a cycle.
    public let order: [Int]
    /// For each task the tasks further up whose ends it waits for, although no edge says so: for a teardown all tasks between its setups
    /// and itself, for any other task the setups that it works with.
    public let scope: [[Int]]
    /// The same edges the other way round.
    public let scoped: [[Int]]
    /// The tasks that decide whether a run has failed.
    public let leaves: [Int]
    /// The mapped group that each task belongs to, by its place in `mappedGroups`.
    public let mappedGroup: [Int?]
    public let mappedGroups: [MappedGroup]
    /// The first task that fails ends the run.
    public let failFast: Bool
    /// The tasks that depend on the run before.
    public let pastTasks: [Int]
    /// For each task, the tasks that are mapped over its output, themselves or with their group.
    let listReaders: [[Int]]
    // What the planner asks for all the time.
    let rules: [TriggerRule]
    let isSetup: [Bool]
    let isTeardown: [Bool]
    let isEmpty: [Bool]
    /// Tasks that wait for a time, and have no process.
    let isTimeWait: [Bool]

    /// Edges to unknown tasks and second tasks of the same id are left out: `validate()` reports them.
    public convenience init(_ document: DAGDocument) { self.init(document, subset: nil) }

    /// The graph of a run that does only some of the tasks: they do not wait for the others, and the leaves are those of the whole DAG.
    package init(_ document: DAGDocument, subset: TaskSubset?) {
        tasks = document.tasks
        index = Dictionary(tasks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let byID = index
        let edges = tasks.map { task in task.upstream.compactMap { byID[$0] } }
        upstream = subset?.edges(tasks, edges) ?? edges
        downstream = Self.reversed(upstream)
        order = Self.topologicalOrder(upstream: upstream, downstream: downstream)
        scope = Self.scope(tasks, upstream: upstream, downstream: downstream)
        scoped = Self.reversed(scope)
        leaves = Self.leaves(tasks, Self.reversed(edges))
        (mappedGroups, mappedGroup) = Self.mappedGroups(document)
        failFast = document.limits.failFast
        pastTasks = tasks.indices.filter { document.tasks[$0].past.isNeeded }
        rules = tasks.map(\.triggerRule)
        isSetup = tasks.map { $0.role == .setup }
        isTeardown = tasks.map(\.role.isTeardown)
        isEmpty = tasks.map { $0.kind == .empty }
        isTimeWait = tasks.map { TimeWait($0.kind) != nil }
        listReaders = Self.reversed(Self.listSources(tasks, mappedGroup, mappedGroups, index))
    }

    private static func listSources(
        _ tasks: [TaskDocument], _ place: [Int?], _ groups: [MappedGroup], _ index: [String: Int]
    ) -> [[Int]] {
        tasks.indices.map { task in
            let lists = place[task].map { groups[$0].expansion } ?? tasks[task].lists
            return lists?.tasks.compactMap { index[$0] } ?? []
        }
    }

    /// The tasks themselves and all that is downstream of them.
    public func reach(of roots: [Int]) -> Set<Int> { Self.reach(of: roots, along: downstream) }

    static func reach(of roots: [Int], along edges: [[Int]]) -> Set<Int> {
        var found = Set(roots)
        var rest = roots
        while let next = rest.popLast() {
            for other in edges[next] where found.insert(other).inserted { rest.append(other) }
        }
        return found
    }

    private static func reversed(_ edges: [[Int]]) -> [[Int]] {
        var reversed = [[Int]](repeating: [], count: edges.count)
        for (task, others) in edges.enumerated() {
            for other in others { reversed[other].append(task) }
        }
        return reversed
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

    /// Source: Airflow 3.3.2, `models/dagrun.py`, `_tis_for_dagrun_state`.
    private static func leaves(_ tasks: [TaskDocument], _ downstream: [[Int]]) -> [Int] {
        let effective = tasks.indices.filter { task in
            !tasks[task].role.isIgnorable && downstream[task].allSatisfy { tasks[$0].role.isIgnorable }
        }
        return effective.isEmpty ? tasks.indices.filter { downstream[$0].isEmpty } : effective
    }
}
