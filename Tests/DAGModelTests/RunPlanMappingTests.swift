import DAGModel
import Testing

struct RunPlanMappingTests {
    private static let group = TaskGroupDocument(id: "g", expansion: Expansion(.product, [.output(task: "list")]))

    @Test func `inside a mapped group an instance waits for its own index, outside for all`() {
        var run = TestRun(
            [
                task("list"), task("g.a", ["list"], group: "g"), task("g.b", ["g.a"], group: "g"),
                task("after", ["g.b"], rule: .allDone),
            ],
            groups: [Self.group])
        run.finish("list", .success(listLength: 2))
        #expect([run["g.a", 0], run["g.a", 1], run["g.b", 0]] == [.scheduled, .scheduled, TaskState.none])
        run.finish("g.a", 1, .success())
        #expect([run["g.b", 0], run["g.b", 1]] == [TaskState.none, .scheduled])
        run.finish("g.a", 0, .failed)
        #expect([run["g.b", 0], run["g.b", 1]] == [.upstreamFailed, .scheduled])
        #expect(run["after"] == TaskState.none)
        run.finish("g.b", 1, .success())
        #expect(run["after"] == .scheduled)
    }

    @Test func `a branch in a mapped group decides for its own index`() {
        var run = TestRun(
            [
                task("list"), task("g.choose", ["list"], kind: .branch, group: "g"),
                task("g.x", ["g.choose"], group: "g"),
                task("g.y", ["g.choose"], group: "g"),
            ], groups: [Self.group])
        run.finish("list", .success(listLength: 2))
        run.finish("g.choose", 0, .success(steering: .follow(["g.x"])))
        run.finish("g.choose", 1, .success(steering: .follow(["g.y"])))
        #expect(
            [run["g.x", 0], run["g.x", 1], run["g.y", 0], run["g.y", 1]] == [
                .scheduled, .skipped, .skipped, .scheduled,
            ])
    }

    @Test(arguments: [
        (AttemptEnd.failed, TaskState.upstreamFailed), (.skipped, .skipped), (.success(listLength: 0), .skipped),
    ])
    func `a mapped group without a list has no instances`(end: AttemptEnd, expected: TaskState) {
        var run = TestRun(
            [task("list"), task("g.a", ["list"], group: "g"), task("g.b", ["g.a"], rule: .allDone, group: "g")],
            groups: [Self.group])
        run.finish("list", end)
        #expect([run["g.a"], run["g.b"]] == [expected, expected])
    }

    @Test func `a product has every combination, the last list varies fastest`() {
        let run = mapped(.product, [2, 3])
        #expect(run.plan.tasks[2].instances.count == 6)
        #expect(
            (0..<6).map { run.plan.elementPlaces(of: run.key("t", $0)) } == [
                [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2],
            ])
    }

    @Test func `a zip goes as far as the shortest list`() {
        let run = mapped(.zip, [2, 3])
        #expect(
            run.plan.tasks[2].instances.map { run.plan.elementPlaces(of: run.key("t", $0.mapIndex)) } == [
                [0, 0], [1, 1],
            ])
    }

    @Test func `an empty list among several skips the task, and too many combinations fail it`() {
        #expect(mapped(.product, [0, 3])["t"] == .skipped)
        #expect(mapped(.zip, [2, 0])["t"] == .skipped)
        #expect(mapped(.product, [100_000, 1])["t", 99_999] == .scheduled)
        #expect(mapped(.product, [100_000, 2])["t"] == .failed)
        #expect(mapped(.product, [.max, 2])["t"] == .failed)
    }

    private func mapped(_ form: Expansion.Form, _ lengths: [Int]) -> TestRun {
        var target = task("t", ["l0", "l1"])
        target.expansion = Expansion(form, [.output(task: "l0"), .output(task: "l1")])
        var run = TestRun([task("l0"), task("l1"), target])
        run.finish("l0", .success(listLength: lengths[0]))
        run.finish("l1", .success(listLength: lengths[1]))
        return run
    }

    @Test func `weights count what is downstream, upstream or only the task`() {
        var tasks = [task("a"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])]
        tasks[3].limits.priorityWeight = 5
        #expect(DAGGraph(DAGDocument(id: "w", tasks: tasks)).weights == [8, 6, 6, 5])
        for index in tasks.indices { tasks[index].limits.weightRule = .upstream }
        #expect(DAGGraph(DAGDocument(id: "w", tasks: tasks)).weights == [1, 2, 2, 8])
        for index in tasks.indices { tasks[index].limits.weightRule = .absolute }
        #expect(DAGGraph(DAGDocument(id: "w", tasks: tasks)).weights == [1, 1, 1, 5])
        tasks[0].limits.priorityWeight = .max
        #expect(DAGGraph(DAGDocument(id: "w", tasks: tasks)).weights[0] == Int(Int32.max))
    }
}
