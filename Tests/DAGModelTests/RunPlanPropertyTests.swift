import DAGModel
import Testing

/// Random DAGs, run in random orders. A failing case names its seed.
@Suite struct RunPlanPropertyTests {
    @Test(arguments: 0..<8)
    func `tasks start and end as their rules say, whatever the order, also when the run is restored`(block: Int) {
        for seed in block * 250..<(block + 1) * 250 {
            var run = SimulatedRun(RandomDAG(seed: seed), order: seed, restoring: true)
            run.finish()
            #expect(run.problems == [], "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4)
    func `without branches, the order of the ends changes nothing unless a rule waits for the first of two kinds`(
        block: Int
    ) {
        for seed in block * 250..<(block + 1) * 250 {
            let dag = RandomDAG(seed: seed, features: .withoutSteering)
            var first = SimulatedRun(dag, order: 1, restoring: false)
            var second = SimulatedRun(dag, order: 2, restoring: false)
            first.finish()
            second.finish()
            guard !first.isAmbiguous, !second.isAmbiguous else { continue }
            #expect(first.states == second.states, "seed \(seed)")
            #expect(first.plan.finalState == second.plan.finalState, "seed \(seed)")
        }
    }

    @Test func `a mapped task that ended by its rule is not expanded when its list comes later`() {
        let graph = DAGGraph(
            DAGDocument(
                id: "late",
                tasks: [
                    TaskDocument(id: "list", kind: .author), TaskDocument(id: "bad", kind: .author),
                    TaskDocument(
                        id: "each", kind: .author, upstream: ["list", "bad"],
                        inputs: [TaskInput(task: "list", kind: .element)]),
                ]))
        var plan = RunPlan(graph: graph)
        _ = plan.plan()
        finish(&plan, InstanceKey(task: 1), .failed)
        _ = plan.plan()
        finish(&plan, InstanceKey(task: 0), .success(listLength: 3))
        #expect(plan.plan().isEmpty)
        #expect(plan.tasks[2].instances.map(\.state) == [.upstreamFailed])
        #expect(plan.finalState == .failed)
    }

    @Test func `mapping over a mapped task waits for all of its instances and takes those that succeeded`() {
        let graph = DAGGraph(
            DAGDocument(
                id: "chain",
                tasks: [
                    TaskDocument(id: "first", kind: .author, mappedCount: 3),
                    TaskDocument(
                        id: "second", kind: .author, upstream: ["first"],
                        inputs: [TaskInput(task: "first", kind: .element)],
                        triggerRule: .allDone),
                ]))
        var plan = RunPlan(graph: graph)
        _ = plan.plan()
        finish(&plan, InstanceKey(task: 0, mapIndex: 0), .success())
        finish(&plan, InstanceKey(task: 0, mapIndex: 1), .failed)
        #expect(plan.plan().isEmpty)
        finish(&plan, InstanceKey(task: 0, mapIndex: 2), .success())
        _ = plan.plan()
        #expect(plan.tasks[1].instances.map(\.state) == [.scheduled, .scheduled])
    }
}

/// Sends an attempt of a scheduled instance and ends it.
private func finish(_ plan: inout RunPlan, _ key: InstanceKey, _ end: AttemptEnd) {
    let isQueued = plan.note(key, .queued)
    let state = plan.end(key, end)
    #expect(isQueued && state != nil)
}

/// One run of a random DAG: ends of attempts in random order, every step compared with the oracle.
private struct SimulatedRun {
    let dag: RandomDAG
    let restoring: Bool
    var plan: RunPlan
    var problems: [String] = []
    /// A task had both failed and skipped upstream instances under a rule where the first of them decides.
    var isAmbiguous = false

    private var random: SeededGenerator
    private var ready: [InstanceKey] = []
    private var started: Set<Int> = []
    private var steeredAway: Set<Int> = []
    private var decided: [Int: Steering] = [:]

    init(_ dag: RandomDAG, order: Int, restoring: Bool) {
        self.dag = dag
        self.restoring = restoring
        plan = RunPlan(graph: dag.graph)
        random = SeededGenerator(seed: UInt64(order) ^ 0x5EED)
    }

    var states: [String: TaskState] {
        var states: [String: TaskState] = [:]
        for task in plan.tasks.indices {
            for instance in plan.tasks[task].instances {
                states["\(dag.graph.tasks[task].id)[\(instance.mapIndex)]"] = instance.state
            }
        }
        return states
    }

    mutating func finish() {
        evaluate()
        while let index = ready.indices.randomElement(using: &random) {
            endAttempt(ready.remove(at: index))
            if random.chance(70) { evaluate() }
            if ready.isEmpty { evaluate() }
        }
        check(plan.finalState != nil && plan.unfinished == 0, "the run did not end: \(states)")
        for task in dag.graph.tasks.indices { checkEnd(task) }
    }

    private mutating func evaluate() {
        while !plan.isSettled {
            for change in plan.pass() where change.state == .scheduled || change.state == .success {
                checkStart(change)
            }
        }
        if restoring, random.chance(20) { restore() }
    }

    private mutating func checkStart(_ change: InstanceChange) {
        let task = dag.graph.tasks[change.key.task]
        started.insert(change.key.task)
        check(
            RunPlanOracle.mayStart(task.triggerRule, upstreamStates(change.key.task)),
            "\(task.id) started under \(task.triggerRule) with \(upstreamStates(change.key.task))")
        if change.state == .scheduled { ready.append(change.key) }
    }

    private mutating func endAttempt(_ key: InstanceKey) {
        plan.note(key, .queued)
        if random.chance(50) { plan.note(key, .running) }
        let end = dag.end(key, tryNumber: plan[key]?.tryNumber ?? 0)
        if case .success(let steering?, _) = end { noteSteering(steering, from: key.task) }
        guard plan.end(key, end) == .upForRetry else { return }
        check(plan.end(key, end) == nil, "an attempt ended twice")
        check(plan.retryIsDue(key), "a retry did not begin")
        ready.append(key)
    }

    /// Tasks that had not begun, nor were about to, when a branch decided against them have to be skipped.
    private mutating func noteSteering(_ steering: Steering, from task: Int) {
        decided[task] = steering
        let direct = Set(dag.graph.downstream[task])
        let against: Set<Int> =
            switch steering {
            case .all: []
            case .skipDownstream, .skipDirectDownstream: direct
            case .follow(let ids): direct.subtracting(reach(Set(ids.compactMap { dag.graph.index[$0] })))
            }
        steeredAway.formUnion(against.filter { child in plan.tasks[child].instances.allSatisfy { $0.state == .none } })
    }

    private func reach(_ roots: Set<Int>) -> Set<Int> {
        var reached = roots
        for task in dag.graph.order where dag.graph.upstream[task].contains(where: reached.contains) {
            reached.insert(task)
        }
        return reached
    }

    private mutating func restore() {
        let stored = plan.tasks.indices.flatMap { task in
            plan.tasks[task].instances.map { instance in
                StoredInstance(
                    taskID: dag.graph.tasks[task].id, mapIndex: instance.mapIndex, state: instance.state,
                    tryNumber: instance.tryNumber, losses: instance.losses, listLength: plan.tasks[task].listLength,
                    steering: instance.state == .success ? decided[task] : nil)
            }
        }
        var restored = RunPlan(graph: dag.graph, stored: stored.shuffled(using: &random))
        let changes = restored.plan()
        check(changes.isEmpty, "restoring changed \(changes)")
        check(restored.unfinished == plan.unfinished && restored.active == plan.active, "restoring counted differently")
        check(restored.tasks.map(\.instances) == plan.tasks.map(\.instances), "restoring gave other instances")
        plan = restored
    }

    private mutating func checkEnd(_ task: Int) {
        let upstream = upstreamStates(task)
        var allowed = RunPlanOracle.ends(dag.graph.tasks[task].triggerRule, upstream)
        if allowed.count > 1 { isAmbiguous = true }
        if steeredAway.contains(task) { allowed = [.skipped] }
        for instance in plan.tasks[task].instances {
            let state: TaskState? = instance.tryNumber > 0 ? nil : instance.state
            let isSteered = plan.tasks[task].isSteeredAway && instance.state == .skipped
            check(
                allowed.contains(state) || isSteered || isEndedByItsList(task, state),
                "\(dag.graph.tasks[task].id) ended as \(instance.state) after \(upstream)")
        }
    }

    private func isEndedByItsList(_ task: Int, _ state: TaskState?) -> Bool {
        let document = dag.graph.tasks[task]
        guard plan.tasks[task].instances.first?.mapIndex == -1, document.mappedOver != nil || document.mappedCount == 0
        else {
            return false
        }
        return state == .skipped || state == .upstreamFailed
    }

    private func upstreamStates(_ task: Int) -> [TaskState] {
        dag.graph.upstream[task].flatMap { plan.tasks[$0].instances.map(\.state) }
    }

    private mutating func check(_ condition: Bool, _ problem: String) {
        if !condition { problems.append(problem) }
    }
}
