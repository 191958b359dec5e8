extension DAGGraph {
    /// The weight that decides which of the instances that may start goes first: the task's own, and by its ``WeightRule`` those of all tasks
    /// downstream or upstream of it. It stays within 32 bits.
    ///
    /// Source: Airflow 3.3.2, `task/priority_strategy.py`.
    public var weights: [Int] {
        tasks.indices.map { task in
            let limits = tasks[task].limits
            let others: Set<Int> =
                switch limits.weightRule {
                case .absolute: []
                case .downstream: Self.reach(of: downstream[task], along: downstream)
                case .upstream: Self.reach(of: upstream[task], along: upstream)
                }
            let sum = others.reduce(limits.priorityWeight.clamped) { $0 + tasks[$1].limits.priorityWeight.clamped }
            return sum.clamped
        }
    }
}

extension Int {
    fileprivate var clamped: Int { Swift.min(Swift.max(self, Int(Int32.min)), Int(Int32.max)) }
}
