// What persons change in a run. Nothing is changed here: the rows are, and the plan is made anew from them.
extension RunPlan {
    /// The instances that a selection means, in order. Instances that do not exist any more are never meant.
    public func instances(chosenBy selection: InstanceSelection, withSetups: Bool = true) -> [InstanceKey] {
        graph.chosen(by: selection, withSetups: withSetups).sorted { $0.key < $1.key }.flatMap { task, indexes in
            tasks[task].instances.filter { instance in
                instance.state != .removed && selection.includes(instance.state)
                    && indexes?.contains(instance.mapIndex) != false
            }.map { InstanceKey(task: task, mapIndex: $0.mapIndex) }
        }
    }

    /// What clearing makes of instances: `none`, so that they run again, and `restarting` where a worker has an attempt, which has to end
    /// first. Those that nothing has been decided about are as they are.
    public func clearing(_ keys: [InstanceKey]) -> [InstanceChange] {
        keys.compactMap { key in
            guard let old = self[key]?.state else { return nil }
            let new: TaskState = old == .queued || old == .running ? .restarting : .none
            return old.mayBecome(new, by: .person) ? InstanceChange(key: key, from: old, state: new) : nil
        }
    }

    /// What marking makes of instances: those that are in the state already, or do not exist any more, stay as they are.
    public func marking(_ keys: [InstanceKey], as state: TaskState) -> [InstanceChange] {
        keys.compactMap { key in
            guard let old = self[key]?.state, old != .removed, old.mayBecome(state, by: .person) else { return nil }
            return InstanceChange(key: key, from: old, state: state)
        }
    }

    /// The mapped tasks all of whose instances begin again together with a task that makes a list of theirs: how many instances there will be
    /// is not known any more.
    public func collapsed(by changes: [InstanceChange]) -> [Int] {
        let cleared = Dictionary(grouping: changes.filter { $0.state == .none }, by: \.key.task).mapValues(\.count)
        let begun = Set(changes.map(\.key.task))
        let isWhole = { (task: Int) in
            let waiting = tasks[task].instances.count { $0.state == .none }
            return cleared[task, default: 0] + waiting == tasks[task].instances.count
        }
        return tasks.indices.filter { task in
            guard tasks[task].isExpanded, let expansion = graph.expansion(of: task) else { return false }
            let members = graph.mappedGroup[task].map { graph.mappedGroups[$0].members } ?? [task]
            return members.allSatisfy(isWhole)
                && expansion.tasks.contains { graph.index[$0].map(begun.contains) == true }
        }
    }
}
