internal import DAGModel

extension GraphBuilder {
    func group(
        _ id: String, _ defaults: DefaultArgs, line: Int, expansion: Expansion? = nil, _ declare: () -> Void
    ) -> TaskGroup {
        let outer = enter(id, defaults, line, expansion)
        declare()
        let group = leave(id, outer)
        if let expansion { connect(expansion.tasks, group.firstTaskIDs) }
        return group
    }

    /// The full id that a group declared now gets.
    func fullID(_ id: String) -> String { change { $0.prefix + id } }

    private struct Outer {
        var prefix: String
        var group: String?
        var defaults: DefaultArgs
        var firstMember: Int
    }

    private func enter(_ id: String, _ defaults: DefaultArgs, _ line: Int, _ expansion: Expansion?) -> Outer {
        change { state in
            let outer = Outer(
                prefix: state.prefix, group: state.group, defaults: state.defaults, firstMember: state.tasks.count)
            let full = state.prefix + id
            if state.groups.contains(where: { $0.id == full }) || state.index[full] != nil {
                state.problems.append(DAGProblem("group id \"\(full)\" is used twice", line: line))
            }
            if !isValidID(full) {
                state.problems.append(
                    DAGProblem("group id \"\(full)\" must have letters, digits, '_', '-' and '.' only", line: line))
            }
            state.groups.append(TaskGroupDocument(id: full, expansion: expansion))
            state.prefix = full + "."
            state.group = full
            state.defaults = defaults.over(state.defaults)
            return outer
        }
    }

    private func leave(_ id: String, _ outer: Outer) -> TaskGroup {
        change { state in
            state.prefix = outer.prefix
            state.group = outer.group
            state.defaults = outer.defaults
            let members = Array(state.tasks[outer.firstMember...])
            return TaskGroup(id: outer.prefix + id, firstTaskIDs: first(of: members), lastTaskIDs: last(of: members))
        }
    }
}

private func first(of members: [TaskDocument]) -> [String] {
    let ids = Set(members.map(\.id))
    return members.filter { ids.isDisjoint(with: $0.upstream) }.map(\.id)
}

/// What follows a group does not wait for its teardowns, nor for setups that only its teardowns wait for.
///
/// Source: Airflow 3.3.2, `utils/task_group.py`, `get_leaves`.
private func last(of members: [TaskDocument]) -> [String] {
    let waited = Set(members.filter { !$0.role.isTeardown }.flatMap(\.upstream))
    let tornDown = Set(members.filter(\.role.isTeardown).flatMap(\.upstream))
    return members.filter { task in
        !task.role.isTeardown && !waited.contains(task.id) && !(task.role == .setup && tornDown.contains(task.id))
    }.map(\.id)
}
