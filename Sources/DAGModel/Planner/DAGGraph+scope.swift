extension DAGGraph {
    /// Source: Airflow 3.3.2, `ti_deps/deps/trigger_rule_dep.py`, and `get_upstreams_only_setups` of `models/abstractoperator.py`: a
    /// setup matters to a task that lies between it and one of its teardowns, or to all downstream of it when it has none.
    static func scope(_ tasks: [TaskDocument], upstream: [[Int]], downstream: [[Int]]) -> [[Int]] {
        var scope = [[Int]](repeating: [], count: tasks.count)
        for setup in tasks.indices where tasks[setup].role == .setup {
            let teardowns = downstream[setup].filter { tasks[$0].role.isTeardown }
            let work = reach(of: downstream[setup], along: downstream)
            for teardown in teardowns { scope[teardown] += between(work, teardown, upstream) }
            let inner = teardowns.isEmpty ? work : work.intersection(reach(of: teardowns, along: upstream))
            for task in inner where !tasks[task].role.isTeardown { scope[task].append(setup) }
        }
        for task in tasks.indices where !scope[task].isEmpty {
            scope[task] = Set(scope[task]).subtracting(upstream[task]).subtracting([task]).sorted()
        }
        return scope
    }

    private static func between(_ work: Set<Int>, _ teardown: Int, _ upstream: [[Int]]) -> Set<Int> {
        work.intersection(reach(of: [teardown], along: upstream))
    }
}
