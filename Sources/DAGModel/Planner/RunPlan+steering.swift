extension RunPlan {
    /// Skips what a branch or a short circuit decided against. Inside a mapped group it decides for the instances with its own index.
    mutating func steer(from key: InstanceKey, _ steering: Steering) {
        for child in skipped(from: key.task, steering) {
            if key.mapIndex >= 0, graph.mappedGroup[key.task] != nil {
                guard graph.sharesMappedGroup(key.task, child), tasks[child].isExpanded else { continue }
                tasks[child].update(key.mapIndex) { $0.isSteeredAway = true }
                dirtyInstances.append(InstanceKey(task: child, mapIndex: key.mapIndex))
            } else {
                tasks[child].isSteeredAway = true
                markDirty(child)
            }
        }
    }

    private func skipped(from task: Int, _ steering: Steering) -> Set<Int> {
        let direct = Set(graph.downstream[task])
        switch steering {
        case .all: return []
        case .skipDirectDownstream: return direct
        case .skipDownstream:
            // Airflow skips the rows that exist unmapped, but no teardowns; instances already expanded are held back by a direct parent only.
            let all = graph.reach(of: graph.downstream[task])
            return all.filter { !graph.isTeardown[$0] && (direct.contains($0) || !isExpandedOutside($0, of: task)) }
        case .follow(let ids):
            return direct.subtracting(graph.reach(of: ids.compactMap { graph.index[$0] }))
        }
    }

    private func isExpandedOutside(_ task: Int, of steering: Int) -> Bool {
        guard !graph.sharesMappedGroup(task, steering) else { return false }
        return tasks[task].isExpanded || (graph.tasks[task].mappedCount ?? 0) > 0
    }
}
