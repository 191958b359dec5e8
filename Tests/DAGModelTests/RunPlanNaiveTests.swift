import DAGModel
import Testing

/// Random DAGs with mapping, mapped groups, setups and teardowns: each pass decides what a recomputation from scratch decides.
@Suite struct RunPlanNaiveTests {
    @Test(arguments: 0..<4)
    func `counting decides what recomputing everything decides, also after the run is restored`(block: Int) {
        for seed in block * 150..<(block + 1) * 150 {
            var run = NaiveRun(seed: seed)
            run.finish()
            #expect(run.problems.isEmpty, "seed \(seed): \(run.problems.first ?? "")")
        }
    }
}

private struct NaiveRun {
    let document: DAGDocument
    var plan: RunPlan
    var problems: [String] = []

    private var random: SeededGenerator
    private var steered: Set<InstanceKey> = []
    private var decided: [InstanceKey: Steering] = [:]
    /// Tasks that an earlier run does not let start.
    private var held: Set<Int> = []

    init(seed: Int) {
        random = SeededGenerator(seed: UInt64(seed) &+ 77_000)
        document = RandomDocument.make(&random)
        plan = RunPlan(graph: DAGGraph(document))
        held = Set(plan.graph.pastTasks)
        _ = plan.holdBack(only: held)
    }

    /// The earlier run lets some of what waits start, or all of it.
    private mutating func release(all: Bool) {
        held = all ? [] : held.filter { _ in random.chance(50) }
        _ = plan.holdBack(only: held)
    }

    mutating func finish() {
        evaluate()
        var steps = 0
        while plan.finalState == nil, steps < 5_000 {
            steps += 1
            let ready = keys { $0 == .scheduled || $0 == .upForRetry }
            guard let key = ready.randomElement(using: &random) else {
                if plan.isSettled, !held.isEmpty {
                    if plan.isDeadlocked { problems.append("a run that waits for an earlier one is taken for stuck") }
                    release(all: true)
                    continue
                }
                if plan.isSettled { break }
                evaluate()
                continue
            }
            if plan[key]?.state == .upForRetry {
                _ = plan.retryIsDue(key)
            } else {
                endAttempt(key)
            }
            if random.chance(10) { release(all: false) }
            if random.chance(60) { evaluate() }
        }
        evaluate()
        if plan.finalState == nil { problems.append("the run did not end") }
        if plan.unfinished != keys({ !$0.isFinished }).count { problems.append("unfinished is \(plan.unfinished)") }
    }

    private func keys(_ isWanted: (TaskState) -> Bool) -> [InstanceKey] {
        plan.tasks.indices.flatMap { task in
            plan.tasks[task].instances.filter { isWanted($0.state) }.map {
                InstanceKey(task: task, mapIndex: $0.mapIndex)
            }
        }
    }

    private mutating func evaluate() {
        while !plan.isSettled, problems.isEmpty { comparePass() }
        if random.chance(15) { restore() }
    }

    private mutating func comparePass() {
        var naive = NaivePlan(plan, document, steered: steered, held: held)
        let expected = naive.changes()
        var changes: [InstanceKey: TaskState] = [:]
        for change in plan.pass() { changes[change.key] = change.state }
        guard changes != expected else { return }
        let different = Set(changes.keys).union(expected.keys).filter { changes[$0] != expected[$0] }.sorted()
        problems.append(
            different.map { key in
                let task = plan.graph.tasks[key.task]
                return "\(task.id)[\(key.mapIndex)] \(task.triggerRule) \(task.role): "
                    + "\(String(describing: changes[key])) is not \(String(describing: expected[key]))"
            }.joined(separator: "; "))
    }

    private mutating func endAttempt(_ key: InstanceKey) {
        plan.note(key, .queued)
        let end = RandomDocument.end(plan.graph, key, &random)
        if case .success(let steering?, _) = end {
            decided[key] = steering
            noteSteering(steering, from: key)
        }
        if plan.end(key, end) == nil { problems.append("an attempt could not end") }
    }

    private mutating func noteSteering(_ steering: Steering, from key: InstanceKey) {
        let graph = plan.graph
        let direct = Set(graph.downstream[key.task])
        let against: Set<Int>
        switch steering {
        case .all: against = []
        case .skipDirectDownstream: against = direct
        case .skipDownstream:
            against = graph.reach(of: Array(direct)).filter { task in
                let isFixed = plan.tasks[task].isExpanded || (graph.tasks[task].mappedCount ?? 0) > 0
                return !graph.tasks[task].role.isTeardown
                    && (direct.contains(task) || !isFixed || sharesGroup(task, key))
            }
        case .follow(let ids): against = direct.subtracting(graph.reach(of: ids.compactMap { graph.index[$0] }))
        }
        for task in against {
            guard key.mapIndex >= 0, graph.tasks[key.task].group != nil else {
                steered.insert(InstanceKey(task: task))
                continue
            }
            if sharesGroup(task, key), plan.tasks[task].isExpanded {
                steered.insert(InstanceKey(task: task, mapIndex: key.mapIndex))
            }
        }
    }

    private func sharesGroup(_ task: Int, _ key: InstanceKey) -> Bool {
        plan.graph.tasks[task].group != nil && plan.graph.tasks[task].group == plan.graph.tasks[key.task].group
    }

    private mutating func restore() {
        let stored = plan.tasks.indices.flatMap { task in
            plan.tasks[task].instances.map { instance in
                StoredInstance(
                    taskID: plan.graph.tasks[task].id, mapIndex: instance.mapIndex, state: instance.state,
                    tryNumber: instance.tryNumber, losses: instance.losses, listLength: plan.tasks[task].listLength,
                    steering: instance.state == .success
                        ? decided[InstanceKey(task: task, mapIndex: instance.mapIndex)] : nil)
            }
        }
        var restored = RunPlan(graph: plan.graph, stored: stored.shuffled(using: &random))
        _ = restored.holdBack(only: held)
        let changes = restored.plan()
        if !changes.isEmpty { problems.append("restoring changed \(changes)") }
        if restored.unfinished != plan.unfinished || restored.active != plan.active {
            problems.append("restoring counted differently")
        }
        plan = restored
    }
}

/// A random DAG of up to 20 tasks with every feature that the planner has.
private enum RandomDocument {
    static func make(_ random: inout SeededGenerator) -> DAGDocument {
        let count = Int.random(in: 1...20, using: &random)
        var tasks = (0..<count).map { task($0, &random) }
        var groups: [TaskGroupDocument] = []
        if count > 4, random.chance(60) {
            let first = Int.random(in: 1..<count - 2, using: &random)
            let last = min(count - 1, first + Int.random(in: 1...5, using: &random))
            let source: Expansion.Source =
                random.chance(40)
                ? .literal(count: Int.random(in: 0...3, using: &random), hash: nil) : .output(task: tasks[0].id)
            groups = [TaskGroupDocument(id: "g", expansion: Expansion(.product, [source]))]
            for member in first...last {
                tasks[member].group = "g"
                tasks[member].expansion = nil
                tasks[member].mappedCount = nil
                tasks[member].inputs = []
            }
        }
        for task in tasks.indices { addTeardown(task, &tasks, &random) }
        var document = DAGDocument(id: "random", tasks: tasks)
        document.groups = groups
        return document
    }

    private static func task(_ index: Int, _ random: inout SeededGenerator) -> TaskDocument {
        let upstream = (0..<index).filter { _ in random.chance(index < 6 ? 35 : 14) }
        var task = TaskDocument(
            id: "t\(index)", kind: .author, upstream: upstream.map { "t\($0)" },
            triggerRule: random.chance(50)
                ? .allSuccess : TriggerRule.allCases.randomElement(using: &random) ?? .always,
            retries: random.chance(20) ? 1 : 0)
        if random.chance(15) { task.role = .setup }
        task.past.dependsOnPast = random.chance(12)
        task.past.waitsBeforeSkipping = random.chance(30)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: task.mappedCount = Int.random(in: 0...3, using: &random)
        case 10..<25:
            let lists = upstream.shuffled(using: &random).prefix(2).map { Expansion.Source.output(task: "t\($0)") }
            let literal = Expansion.Source.literal(count: Int.random(in: 1...3, using: &random), hash: nil)
            task.expansion = Expansion(
                random.chance(50) ? .product : .zip, lists + (random.chance(50) ? [literal] : []))
            if task.expansion?.sources.isEmpty == true { task.expansion = nil }
        case 25..<35: task.kind = .empty
        case 35..<43: task.kind = .branch
        case 43..<50: task.kind = .shortCircuit
        default: break
        }
        return task
    }

    private static func addTeardown(_ task: Int, _ tasks: inout [TaskDocument], _ random: inout SeededGenerator) {
        guard tasks[task].role == .work, tasks[task].expansion == nil, !tasks[task].upstream.isEmpty, random.chance(12)
        else { return }
        tasks[task].role = .teardown(onFailureFailDagrun: random.chance(30))
        tasks[task].triggerRule = .allDoneSetupSuccess
    }

    static func end(_ graph: DAGGraph, _ key: InstanceKey, _ random: inout SeededGenerator) -> AttemptEnd {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: return .failed
        case 10..<14: return .failedForGood
        case 14..<22: return .skipped
        default: break
        }
        let steering: Steering? =
            switch graph.tasks[key.task].kind {
            case .branch:
                .follow(graph.downstream[key.task].filter { _ in random.chance(50) }.map { graph.tasks[$0].id })
            case .shortCircuit: [.all, .skipDownstream, .skipDirectDownstream].randomElement(using: &random)
            default: nil
            }
        return .success(steering: steering, listLength: 1 + key.task % 3)
    }
}
