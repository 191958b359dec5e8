// What limits, groups, setups and mappings have to be like.
extension DAGDocument {
    var limitProblems: [DAGProblem] {
        var problems: [DAGProblem] = []
        if limits.maxActiveTasks < 1 {
            problems.append(DAGProblem("maxActiveTasks: must be at least 1, is \(limits.maxActiveTasks)"))
        }
        if let timeout = limits.dagrunTimeout, timeout <= 0 {
            problems.append(DAGProblem("dagrunTimeout: must be above 0 s, is \(timeout) s"))
        }
        if let timeout = limits.dagrunTimeout, timeout > Self.longestTimeout {
            problems.append(DAGProblem("dagrunTimeout: must be at most 100 years, is \(timeout) s"))
        }
        if limits.maxConsecutiveFailedRuns < 0 {
            problems.append(
                DAGProblem("maxConsecutiveFailedRuns: must not be negative, is \(limits.maxConsecutiveFailedRuns)"))
        }
        return problems
    }

    /// In seconds; times beyond it could not be counted.
    private static let longestTimeout: Double = 100 * 366 * 86_400

    var groupProblems: [DAGProblem] {
        let mapped = groups.filter { $0.expansion != nil }
        let nested = mapped.flatMap { inner in
            mapped.filter { inner.id.hasPrefix($0.id + ".") }.map {
                DAGProblem("group \(inner.id) is mapped inside the mapped group \($0.id): map one of them only")
            }
        }
        return nested + mapped.flatMap { $0.expansion?.problems("group \($0.id)", line: 0) ?? [] }
    }
}

extension TaskDocument {
    /// What is wrong with the task's rule, role, limits and lists.
    func problems(in dag: DAGDocument) -> [DAGProblem] {
        var problems =
            ruleProblems(dag) + retryPolicy.problems(line: line) + (lists?.problems("task \(id)", line: line) ?? [])
        if limits.poolSlots < 1 {
            problems.append(DAGProblem("poolSlots: must be at least 1, is \(limits.poolSlots)", line: line))
        }
        for (name, limit) in [
            ("maxActiveTisPerDag", limits.maxActiveTisPerDag), ("maxActiveTisPerDagrun", limits.maxActiveTisPerDagrun),
        ] {
            guard let limit, limit < 1 else { continue }
            problems.append(DAGProblem("\(name): must be at least 1, is \(limit)", line: line))
        }
        if inputs.contains(where: { $0.kind == .groupElement }),
            !dag.groups.contains(where: { $0.expansion != nil && "\(group ?? "").".hasPrefix($0.id + ".") })
        {
            problems.append(
                DAGProblem(
                    "task \(id) is outside the mapped group whose element it takes: declare it inside", line: line))
        }
        if let template = mapIndexTemplate, template.tasks.contains(where: { $0 != id }) {
            problems.append(
                DAGProblem("mapIndexTemplate of task \(id) names another task: it may name its own output", line: line))
        }
        if isMapped, let group,
            dag.groups.contains(where: { $0.expansion != nil && "\(group).".hasPrefix($0.id + ".") })
        {
            problems.append(DAGProblem("task \(id) is mapped inside a mapped group: map one of them only", line: line))
        }
        return problems
    }

    private func ruleProblems(_ dag: DAGDocument) -> [DAGProblem] {
        if role.isTeardown {
            guard triggerRule != .allDoneSetupSuccess else { return [] }
            return [DAGProblem("teardown \(id): its trigger rule must be all_done_setup_success", line: line)]
        }
        if dag.limits.failFast, triggerRule != .allSuccess {
            return [
                DAGProblem(
                    "task \(id): in a DAG with failFast every trigger rule must be all_success, is \(triggerRule.rawValue)",
                    line: line)
            ]
        }
        if upstream.isEmpty, triggerRule.needsUpstream {
            return [
                DAGProblem(
                    "task \(id) has no upstream task: \(triggerRule.rawValue) says nothing; remove triggerRule or add an edge",
                    line: line)
            ]
        }
        return []
    }
}

extension TriggerRule {
    /// The rule speaks of upstream tasks that have to be there.
    fileprivate var needsUpstream: Bool {
        switch self {
        case .allSuccess, .allDone, .noneFailed, .noneSkipped, .always: false
        default: true
        }
    }
}

extension Expansion {
    func problems(_ what: String, line: Int) -> [DAGProblem] {
        if sources.isEmpty { return [DAGProblem("\(what) is mapped over no list", line: line)] }
        let longest = length { _ in form == .zip ? .max : 1 } ?? 0
        guard longest > maximumMapLength, longest < .max else { return [] }
        return [
            DAGProblem(
                "\(what) is mapped over \(longest) elements; at most \(maximumMapLength) are allowed: give each instance more to do",
                line: line)
        ]
    }
}
