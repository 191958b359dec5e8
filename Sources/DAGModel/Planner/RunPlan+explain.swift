/// Why a task instance is where it is: what its trigger rule sees, and what else decides about it.
public struct InstanceExplanation: Sendable, Hashable {
    /// The instances of one direct upstream task, by state.
    public struct Upstream: Sendable, Hashable {
        public var taskID: String
        public var states: [TaskState: Int]
    }

    public var rule: TriggerRule
    /// How the direct upstream instances have ended.
    public var tally: UpstreamTally
    /// How the setups have ended that the task works with, or, for a teardown, what it tears down after.
    public var scope: UpstreamTally
    public var upstream: [Upstream]
    /// What rule, branches and setups say together.
    public var decision: TriggerDecision
    /// Branches and short circuits upstream that decided against the instance.
    public var steeredAwayBy: [String]
    /// The tasks over whose lists the task is mapped and that have not told them yet.
    public var awaitedLists: [String]
    /// An earlier run does not let the task start yet.
    public var isHeldBack: Bool
}

extension RunPlan {
    /// Explains one instance as things are now, whatever its state.
    public func explanation(of key: InstanceKey) -> InstanceExplanation {
        var plan = self
        plan.deliverArrivals()
        return plan.settledExplanation(of: key)
    }

    private func settledExplanation(of key: InstanceKey) -> InstanceExplanation {
        var (tally, scope) = (tasks[key.task].tally, tasks[key.task].scope)
        if key.mapIndex >= 0, key.mapIndex < tasks[key.task].own.count {
            tally = tally + tasks[key.task].own[key.mapIndex].tally
            scope = scope + tasks[key.task].own[key.mapIndex].scope
        }
        let isSteeredAway = tasks[key.task].isSteeredAway || self[key]?.isSteeredAway == true
        return InstanceExplanation(
            rule: graph.rules[key.task], tally: tally, scope: scope,
            upstream: graph.upstream[key.task].map { upstream(of: key, $0) }, decision: decision(key),
            steeredAwayBy: isSteeredAway ? deciders(above: key.task) : [],
            awaitedLists: tasks[key.task].isAwaitingExpansion ? lists(of: key.task) : [],
            isHeldBack: heldBack.contains(key.task))
    }

    private func upstream(of key: InstanceKey, _ task: Int) -> InstanceExplanation.Upstream {
        let isOwn = key.mapIndex >= 0 && graph.sharesMappedGroup(task, key.task)
        let instances = tasks[task].instances.filter { !isOwn || $0.mapIndex == key.mapIndex }
        return .init(
            taskID: graph.tasks[task].id,
            states: Dictionary(grouping: instances, by: \.state).mapValues(\.count))
    }

    /// The branches and short circuits that have succeeded above a task.
    private func deciders(above task: Int) -> [String] {
        graph.tasks.indices.filter { index in
            switch graph.tasks[index].kind {
            case .branch, .shortCircuit:
                tasks[index].instances.contains { $0.state == .success } && graph.reach(of: [index]).contains(task)
            default: false
            }
        }.map { graph.tasks[$0].id }
    }

    private func lists(of task: Int) -> [String] {
        graph.tasks[task].inputs.filter { $0.kind == .element }.map(\.task).filter { name in
            graph.index[name].map { tasks[$0].listLength == nil } ?? true
        }
    }
}
