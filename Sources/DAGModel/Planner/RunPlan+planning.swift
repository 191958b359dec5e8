extension RunPlan {
    /// Evaluates the tasks whose upstream changed, once.
    ///
    /// - Returns: What changed: `scheduled` for instances that may run now, `deferred` for those that only wait for a time, and final states that
    ///   need no run.
    public mutating func pass() -> [InstanceChange] {
        var changes = isFailingFast ? stopOthers() : []
        deliverArrivals()
        // First all expansions, then all decisions, so that the order of the tasks makes no difference.
        expandDirtyTasks(into: &changes)
        let (candidates, keys) = takeDirty()
        for task in candidates { evaluate(task, into: &changes) }
        for key in keys { evaluate(key, into: &changes) }
        return changes
    }

    /// Passes until nothing changes any more.
    public mutating func plan() -> [InstanceChange] {
        var changes = pass()
        while !isSettled { changes += pass() }
        return changes
    }

    private mutating func takeDirty() -> ([Int], [InstanceKey]) {
        let candidates = dirtyTasks.sorted()
        for task in candidates { tasks[task].isDirty = false }
        dirtyTasks.removeAll(keepingCapacity: true)
        let keys = dirtyInstances.isEmpty ? [] : dirtyInstances.sorted()
        dirtyInstances.removeAll(keepingCapacity: true)
        return (candidates, keys)
    }

    mutating func deliverArrivals() {
        for (key, state) in arrivals {
            for child in graph.downstream[key.task] { deliver(state, from: key, to: child, .direct) }
            for task in graph.scoped[key.task] { deliver(state, from: key, to: task, .scope) }
            for task in graph.listReaders[key.task] where tasks[task].isAwaitingExpansion { markDirty(task) }
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    private mutating func deliver(_ state: TaskState, from key: InstanceKey, to task: Int, _ relation: Relation) {
        let isSetup = graph.isSetup[key.task]
        if key.mapIndex >= 0, key.mapIndex < tasks[task].own.count, graph.sharesMappedGroup(key.task, task) {
            tasks[task].count(state, relation, at: key.mapIndex, isSetup: isSetup)
            dirtyInstances.append(InstanceKey(task: task, mapIndex: key.mapIndex))
        } else {
            tasks[task].count(state, relation, isSetup: isSetup)
            markDirty(task)
        }
    }

    private mutating func evaluate(_ task: Int, into changes: inout [InstanceChange]) {
        guard tasks[task].undecided > 0 else { return }
        // Most tasks have one answer for all of their instances.
        if tasks[task].own.isEmpty, tasks[task].tally.removed == 0, decision(InstanceKey(task: task)) == .wait {
            return
        }
        for position in tasks[task].instances.indices where tasks[task].instances[position].state == .none {
            evaluate(InstanceKey(task: task, mapIndex: tasks[task].instances[position].mapIndex), into: &changes)
        }
    }

    private mutating func evaluate(_ key: InstanceKey, into changes: inout [InstanceChange]) {
        guard self[key]?.state == TaskState.none else { return }
        let change: InstanceChange? =
            switch decision(key) {
            case .wait: nil
            case .end(let state): decide(key, state)
            case .run where graph.isEmpty[key.task]: beginAndDecide(key, .success)
            case .run where graph.isTimeWait[key.task]: beginAndDecide(key, .deferred)
            case .run: begin(key)
            }
        if let change { changes.append(change) }
    }

    /// Begins a try that needs no worker.
    private mutating func beginAndDecide(_ key: InstanceKey, _ state: TaskState) -> InstanceChange? {
        tasks[key.task].update(key.mapIndex) { $0.tryNumber += 1 }
        return decide(key, state)
    }

    /// What branches, the trigger rule, setups and earlier runs say about an instance now.
    func decision(_ key: InstanceKey) -> TriggerDecision {
        decision(whenHeld: !heldBack.isEmpty && heldBack.contains(key.task), key)
    }

    func decision(whenHeld isHeld: Bool, _ key: InstanceKey) -> TriggerDecision {
        let decision = decisionOfThisRun(key)
        guard isHeld else { return decision }
        switch decision {
        case .run: return .wait
        case .end(.skipped) where graph.tasks[key.task].past.waitsBeforeSkipping: return .wait
        default: return decision
        }
    }

    private func decisionOfThisRun(_ key: InstanceKey) -> TriggerDecision {
        if tasks[key.task].isSteeredAway || self[key]?.isSteeredAway == true { return .end(.skipped) }
        var (tally, scope) = (tasks[key.task].tally, tasks[key.task].scope)
        if key.mapIndex >= 0, key.mapIndex < tasks[key.task].own.count {
            tally = tally + tasks[key.task].own[key.mapIndex].tally
            scope = scope + tasks[key.task].own[key.mapIndex].scope
        }
        let rule = graph.rules[key.task]
        guard tally.total > 0, rule != .always else { return mayRun(key.task) }
        if graph.isTeardown[key.task] {
            guard scope.isDone else { return .wait }
        } else if scope.anyFailed > 0 {
            return .end(.upstreamFailed)
        } else if scope.skipped > 0 {
            return .end(.skipped)
        }
        let decision = rule.decide(tally, mapIndex: key.mapIndex)
        if case .end = decision, isAwaitingGroup(key.task), rule.firesEarly, !tally.isDone { return .wait }
        guard decision == .run else { return decision }
        return graph.isTeardown[key.task] || scope.success + scope.removed >= scope.total ? mayRun(key.task) : .wait
    }

    private func isAwaitingGroup(_ task: Int) -> Bool {
        tasks[task].isAwaitingExpansion && graph.mappedGroup[task] != nil
    }

    /// Without its list, a mapped task can end, but not run.
    private func mayRun(_ task: Int) -> TriggerDecision { tasks[task].isAwaitingExpansion ? .wait : .run }
}
