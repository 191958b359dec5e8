import DAGModel

/// What a pass has to decide, computed from scratch from the states of all instances: to be compared with the planner, which counts.
struct NaivePlan {
    let graph: DAGGraph
    let groups: [String: Expansion]
    /// The states of all instances before the pass, by map index.
    private var states: [[Int: TaskState]]
    private let lengths: [Int?]
    private let steered: Set<InstanceKey>
    private let held: Set<Int>

    init(_ plan: RunPlan, _ document: DAGDocument, steered: Set<InstanceKey>, held: Set<Int>) {
        graph = plan.graph
        groups = Dictionary(
            uniqueKeysWithValues: document.groups.compactMap { group in group.expansion.map { (group.id, $0) } })
        states = plan.tasks.map { task in
            Dictionary(uniqueKeysWithValues: task.instances.map { ($0.mapIndex, $0.state) })
        }
        lengths = plan.tasks.map(\.listLength)
        self.steered = steered
        self.held = held
    }

    /// The instances that a pass changes, and to what. Instances that it creates and leaves alone are `none`.
    mutating func changes() -> [InstanceKey: TaskState] {
        var changes: [InstanceKey: TaskState] = [:]
        let before = self
        for task in graph.tasks.indices where before.isUnexpanded(task) && before.states[task][-1] == TaskState.none {
            switch before.expansion(of: task) {
            case nil: continue
            case .length(let length):
                states[task] = [:]
                for index in 0..<length {
                    states[task][index] = TaskState.none
                    changes[InstanceKey(task: task, mapIndex: index)] = TaskState.none
                }
            case .end(let state):
                changes[InstanceKey(task: task)] = state
            }
        }
        for (key, state) in changes where state != .none { states[key.task][key.mapIndex] = state }
        // Ends by expansion are seen in the next pass only.
        var seen = self
        for (key, state) in changes where state != .none { seen.states[key.task][key.mapIndex] = TaskState.none }
        for task in graph.tasks.indices {
            for (index, state) in states[task] where state == .none {
                let key = InstanceKey(task: task, mapIndex: index)
                switch seen.decision(key) {
                case .wait: break
                case .run: changes[key] = graph.tasks[task].kind == .empty ? .success : .scheduled
                case .end(let state): changes[key] = state
                }
            }
        }
        return changes
    }

    private enum Expanded {
        case length(Int)
        case end(TaskState)
    }

    private func lists(_ task: Int) -> Expansion? {
        let document = graph.tasks[task]
        if let group = document.group, let expansion = groups[group] { return expansion }
        if let expansion = document.expansion { return expansion }
        if let count = document.mappedCount { return Expansion(.product, [.literal(count: count, hash: nil)]) }
        return document.mappedOver.map { Expansion(.product, [.output(task: $0)]) }
    }

    private func isUnexpanded(_ task: Int) -> Bool { lists(task) != nil && states[task][-1] != nil }

    private func isInGroup(_ task: Int) -> Bool { graph.tasks[task].group.map { groups[$0] != nil } ?? false }

    private func sharesGroup(_ one: Int, _ other: Int) -> Bool {
        isInGroup(one) && graph.tasks[one].group == graph.tasks[other].group
    }

    private func expansion(of task: Int) -> Expanded? {
        guard let lists = self.lists(task), !steered.contains(InstanceKey(task: task)) else { return nil }
        let known = lists.sources.map { source -> Int? in
            switch source {
            case .literal(let count, _): count
            case .output(let id): graph.index[id].flatMap { length($0) }
            }
        }
        let isKnownFromTheBeginning = lists.tasks.isEmpty && !known.contains(0)
        if !isInGroup(task), !isKnownFromTheBeginning {
            let isInScope = scopeStates(InstanceKey(task: task)).allSatisfy(isDoneForRunning(task))
            guard !held.contains(task), ruleAlone(task) == .run, isInScope || graph.tasks[task].triggerRule == .always
            else { return nil }
        }
        let sources = lists.tasks.compactMap { graph.index[$0] }
        guard sources.allSatisfy({ states[$0].values.allSatisfy(\.isFinished) }) else { return nil }
        let lengths = known.compactMap(\.self)
        guard lengths.count == known.count else {
            let missing = sources.filter { length($0) == nil }
            return .end(missing.allSatisfy { states[$0][-1] == .skipped } ? .skipped : .upstreamFailed)
        }
        let count = lists.form == .zip ? lengths.min() ?? 0 : lengths.reduce(1, *)
        return count == 0 ? .end(.skipped) : .length(count)
    }

    private func length(_ task: Int) -> Int? {
        if let single = states[task][-1] { return single == .success ? lengths[task] : nil }
        return states[task].values.count { $0 == .success }
    }

    private func isDoneForRunning(_ task: Int) -> (TaskState) -> Bool {
        graph.tasks[task].role.isTeardown ? { $0.isFinished } : { $0 == .success || $0 == .removed }
    }

    private func related(_ key: InstanceKey, _ others: [Int]) -> [(task: Int, state: TaskState)] {
        others.flatMap { other -> [(task: Int, state: TaskState)] in
            if key.mapIndex >= 0, sharesGroup(key.task, other), let state = states[other][key.mapIndex] {
                return [(other, state)]
            }
            return states[other].values.map { (other, $0) }
        }
    }

    private func scopeStates(_ key: InstanceKey) -> [TaskState] { related(key, naiveScope(key.task)).map(\.state) }

    /// The setups further up that matter to a task, or the tasks between a teardown and its setups, found by walking paths.
    private func naiveScope(_ task: Int) -> [Int] {
        let direct = Set(graph.upstream[task])
        let above = ancestors(task)
        if graph.tasks[task].role.isTeardown {
            let setups = direct.filter { graph.tasks[$0].role == .setup }
            return above.filter { other in !direct.contains(other) && setups.contains { ancestors(other).contains($0) }
            }
        }
        return above.filter { setup in
            guard graph.tasks[setup].role == .setup, !direct.contains(setup) else { return false }
            let teardowns = graph.downstream[setup].filter { graph.tasks[$0].role.isTeardown }
            return teardowns.isEmpty || teardowns.contains { ancestors($0).contains(task) }
        }
    }

    private func ancestors(_ task: Int) -> Set<Int> {
        graph.upstream[task].reduce(into: Set(graph.upstream[task])) { $0.formUnion(ancestors($1)) }
    }

    private func ruleAlone(_ task: Int) -> TriggerDecision {
        rule(InstanceKey(task: task), related(InstanceKey(task: task), graph.upstream[task]))
    }

    private func decision(_ key: InstanceKey) -> TriggerDecision {
        let decision = decisionOfThisRun(key)
        guard held.contains(key.task) else { return decision }
        if decision == .end(.skipped), graph.tasks[key.task].past.waitsBeforeSkipping { return .wait }
        return decision == .run ? .wait : decision
    }

    private func decisionOfThisRun(_ key: InstanceKey) -> TriggerDecision {
        if steered.contains(key) || steered.contains(InstanceKey(task: key.task)) { return .end(.skipped) }
        let isWaitingForItsList = isUnexpanded(key.task)
        let upstream = related(key, graph.upstream[key.task])
        let document = graph.tasks[key.task]
        guard !upstream.isEmpty, document.triggerRule != .always else { return isWaitingForItsList ? .wait : .run }
        let scope = scopeStates(key)
        if document.role.isTeardown {
            guard scope.allSatisfy(\.isFinished) else { return .wait }
        } else {
            if scope.contains(where: \.isFailure) { return .end(.upstreamFailed) }
            if scope.contains(.skipped) { return .end(.skipped) }
        }
        let early: Set<TriggerRule> = [.oneSuccess, .oneFailed, .oneDone, .noneFailedMinOneSuccess]
        let ruled = rule(key, upstream)
        if case .end = ruled, isWaitingForItsList, isInGroup(key.task), early.contains(document.triggerRule),
            !upstream.allSatisfy(\.state.isFinished)
        {
            return .wait
        }
        guard ruled == .run else { return ruled }
        return scope.allSatisfy(isDoneForRunning(key.task)) && !isWaitingForItsList ? .run : .wait
    }

    private func rule(_ key: InstanceKey, _ upstream: [(task: Int, state: TaskState)]) -> TriggerDecision {
        let states = upstream.map(\.state)
        let rule = graph.tasks[key.task].triggerRule
        if states.isEmpty || rule == .always { return .run }
        func has(_ wanted: TaskState...) -> Bool { states.contains { wanted.contains($0) } }
        func all(_ wanted: TaskState...) -> Bool { states.allSatisfy { wanted.contains($0) } }
        let isDone = states.allSatisfy(\.isFinished)
        switch rule {
        case .allSuccess:
            if has(.failed, .upstreamFailed) { return .end(.upstreamFailed) }
            return has(.skipped) ? .end(.skipped) : all(.success, .removed) ? .run : .wait
        case .allFailed: return has(.success, .skipped) ? .end(.skipped) : isDone ? .run : .wait
        case .allDone, .always: return isDone ? .run : .wait
        case .allDoneSetupSuccess:
            guard isDone else { return .wait }
            let setups = upstream.filter { graph.tasks[$0.task].role == .setup }.map(\.state)
            if setups.isEmpty || setups.contains(.success) { return .run }
            return .end(setups.allSatisfy { $0 == .skipped } ? .skipped : .upstreamFailed)
        case .allDoneMinOneSuccess:
            return has(.skipped) ? .end(.skipped) : !isDone ? .wait : has(.success) ? .run : .end(.upstreamFailed)
        case .oneSuccess:
            return has(.success) ? .run : !isDone ? .wait : .end(all(.skipped) ? .skipped : .upstreamFailed)
        case .oneFailed: return has(.failed, .upstreamFailed) ? .run : isDone ? .end(.skipped) : .wait
        case .oneDone: return has(.success, .failed) ? .run : isDone ? .end(.skipped) : .wait
        case .noneFailed: return has(.failed, .upstreamFailed) ? .end(.upstreamFailed) : isDone ? .run : .wait
        case .noneFailedMinOneSuccess:
            if has(.failed, .upstreamFailed) { return .end(.upstreamFailed) }
            return !isDone ? .wait : has(.success) ? .run : .end(all(.skipped) ? .skipped : .upstreamFailed)
        case .noneSkipped: return has(.skipped) ? .end(.skipped) : isDone ? .run : .wait
        case .allSkipped:
            return has(.success, .failed, .upstreamFailed) ? .end(.skipped) : all(.skipped) ? .run : .wait
        }
    }
}
