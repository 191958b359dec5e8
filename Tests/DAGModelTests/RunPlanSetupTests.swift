import DAGModel
import Testing

struct RunPlanSetupTests {
    /// What a teardown does after a setup and a task that ended so, as Airflow's own code answered.
    @Test(arguments: [
        (AttemptEnd.success(), AttemptEnd.success(), TaskState.scheduled), (.success(), .failed, .scheduled),
        (.success(), .skipped, .scheduled), (.failed, .success(), .upstreamFailed), (.skipped, .success(), .skipped),
    ])
    func `a teardown runs when a setup succeeded`(setup: AttemptEnd, work: AttemptEnd, expected: TaskState) {
        var run = TestRun([
            task("setup", role: .setup), task("work"),
            task("down", ["setup", "work"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
        ])
        run.finish("setup", setup)
        run.finish("work", work)
        #expect(run["down"] == expected)
    }

    @Test func `a task deep inside the scope waits for its setup and ends with it`() {
        var run = TestRun(Self.scope)
        run.finish("prepare", .success())
        #expect(run["inner"] == TaskState.none)
        run.finish("setup", .failed)
        #expect(run["work"] == .upstreamFailed)
        #expect(run["inner"] == .upstreamFailed)
        #expect(run["down"] == .upstreamFailed)
        #expect(run.plan.finalState == .failed)
    }

    /// `inner` runs whatever its upstream did, but belongs to the scope of `setup`.
    private static let scope = [
        task("prepare"), task("setup", role: .setup), task("work", ["setup"]),
        task("inner", ["prepare", "work"], rule: .oneSuccess),
        task("down", ["setup", "inner"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
    ]

    @Test func `a teardown waits for everything between its setups and itself`() {
        var run = TestRun([
            task("setup", role: .setup), task("slow", ["setup"]), task("quick", ["setup"]),
            task("any", ["slow", "quick"], rule: .oneSuccess),
            task("down", ["setup", "any"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
        ])
        run.finish("setup", .success())
        run.finish("quick", .success())
        run.finish("any", .success())
        #expect(run["down"] == TaskState.none)
        run.finish("slow", .failed)
        #expect(run["down"] == .scheduled)
    }

    @Test func `the end of a run does not depend on its teardowns, unless they say so`() {
        for (failsRun, expected) in [(false, DAGRunState.success), (true, .failed)] {
            var run = TestRun([
                task("setup", role: .setup), task("work", ["setup"]),
                task(
                    "down", ["setup", "work"], rule: .allDoneSetupSuccess,
                    role: .teardown(onFailureFailDagrun: failsRun)),
            ])
            run.finish("setup", .success())
            run.finish("work", .success())
            run.finish("down", .failed)
            #expect(run.plan.finalState == expected)
        }
    }

    @Test func `a failed task before a teardown fails the run although the teardown succeeds`() {
        var run = TestRun([
            task("work"),
            task("down", ["work"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
        ])
        run.finish("work", .failed)
        run.finish("down", .success())
        #expect(run.plan.finalState == .failed)
    }

    @Test func `a run of teardowns only is judged by them`() {
        var run = TestRun([task("down", rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false))])
        run.finish("down", .failed)
        #expect(run.plan.finalState == .failed)
    }

    @Test func `a short circuit skips everything but teardowns`() {
        var run = TestRun([
            task("setup", role: .setup), task("gate", ["setup"], kind: .shortCircuit), task("work", ["gate"]),
            task("down", ["setup", "work"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
        ])
        run.finish("setup", .success())
        run.finish("gate", .success(steering: .skipDownstream))
        #expect(run["work"] == .skipped)
        #expect(run["down"] == .scheduled)
    }
}

func task(
    _ id: String, _ upstream: [String] = [], rule: TriggerRule = .allSuccess, role: TaskRole = .work,
    kind: TaskKind = .author, retries: Int = 0, group: String? = nil
) -> TaskDocument {
    var task = TaskDocument(id: id, kind: kind, upstream: upstream, triggerRule: rule, retries: retries)
    task.role = role
    task.group = group
    return task
}

/// A run whose attempts a test ends one by one.
struct TestRun {
    var plan: RunPlan

    init(_ tasks: [TaskDocument], groups: [TaskGroupDocument] = [], failFast: Bool = false) {
        var document = DAGDocument(id: "test", tasks: tasks)
        document.groups = groups
        document.limits.failFast = failFast
        plan = RunPlan(graph: DAGGraph(document))
        _ = plan.plan()
    }

    subscript(_ id: String, _ mapIndex: Int = -1) -> TaskState? {
        plan[InstanceKey(task: plan.graph.index[id] ?? 0, mapIndex: mapIndex)]?.state
    }

    mutating func start(_ id: String, _ mapIndex: Int = -1) {
        let key = key(id, mapIndex)
        plan.note(key, .queued)
        plan.note(key, .running)
    }

    mutating func finish(_ id: String, _ end: AttemptEnd) { finish(id, -1, end) }

    mutating func finish(_ id: String, _ mapIndex: Int, _ end: AttemptEnd) {
        start(id, mapIndex)
        _ = plan.end(key(id, mapIndex), end)
        _ = plan.plan()
    }

    func key(_ id: String, _ mapIndex: Int = -1) -> InstanceKey {
        InstanceKey(task: plan.graph.index[id] ?? 0, mapIndex: mapIndex)
    }
}
