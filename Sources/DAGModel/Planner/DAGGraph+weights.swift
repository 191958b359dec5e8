extension DAGGraph {
    /// The weight that decides which of the instances that may start goes first: the task's own, and by its ``WeightRule`` those of all tasks
    /// downstream or upstream of it. It stays within 32 bits.
    ///
    /// Source: Airflow 3.3.2, `task/priority_strategy.py`.
    public var weights: [Int] {
        let own = tasks.map(\.limits.priorityWeight.clamped)
        let rules = Set(tasks.map(\.limits.weightRule))
        let below = rules.contains(.downstream) ? Self.sums(own, along: downstream, in: order.reversed()) : own
        let above = rules.contains(.upstream) ? Self.sums(own, along: upstream, in: order) : own
        return tasks.indices.map { task in
            switch tasks[task].limits.weightRule {
            case .absolute: own[task]
            case .downstream: below[task].clamped
            case .upstream: above[task].clamped
            }
        }
    }

    /// For each task, its value and those of all tasks that can be reached from it. Reach is a bit for each of 64 tasks at a time, so that a
    /// graph of many edges costs little. `order` has what can be reached first.
    private static func sums(_ values: [Int], along edges: [[Int]], in order: [Int]) -> [Int] {
        var sums = values
        var reached = [UInt64](repeating: 0, count: values.count)
        for start in stride(from: 0, to: values.count, by: 64) {
            let block = start..<min(start + 64, values.count)
            let isUniform = block.allSatisfy { values[$0] == values[start] }
            for task in order {
                var bits: UInt64 = 0
                for other in edges[task] {
                    bits |= reached[other]
                    if block.contains(other) { bits |= 1 << UInt64(other - start) }
                }
                reached[task] = bits
                sums[task] +=
                    isUniform
                    ? bits.nonzeroBitCount * values[start]
                    : block.reduce(0) { bits & (1 << UInt64($1 - start)) == 0 ? $0 : $0 + values[$1] }
            }
        }
        return sums
    }
}

extension Int {
    fileprivate var clamped: Int { Swift.min(Swift.max(self, Int(Int32.min)), Int(Int32.max)) }
}
