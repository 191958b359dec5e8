import DAGModel
import Testing

struct RunPlanEndingTests {
    @Test func `in a DAG that fails fast, a failure ends what runs and skips the rest, but no teardown`() {
        var run = TestRun(
            [
                task("setup", role: .setup), task("bad", ["setup"]), task("other", ["setup"]), task("later", ["other"]),
                task(
                    "down", ["setup", "bad", "later"], rule: .allDoneSetupSuccess,
                    role: .teardown(onFailureFailDagrun: false)),
            ], failFast: true)
        run.finish("setup", .success())
        run.start("other")
        run.finish("bad", .failed)
        #expect([run["bad"], run["other"], run["later"]] == [.failed, .failed, .skipped])
        #expect(run["down"] == .scheduled)
        run.finish("down", .success())
        #expect(run.plan.finalState == .failed)
    }

    @Test func `a teardown that fails ends nothing, and a failure with tries left neither`() {
        var run = TestRun(
            [task("a", retries: 1), task("b"), task("down", role: .teardown(onFailureFailDagrun: true))], failFast: true
        )
        run.finish("down", .failed)
        run.finish("a", .failed)
        #expect([run["a"], run["b"]] == [.upForRetry, .scheduled])
    }

    @Test func `a run that took too long has failed, and everything unfinished is skipped`() {
        var run = TestRun([task("a"), task("b"), task("c", ["b"])])
        run.finish("a", .success())
        run.start("b")
        let changes = run.plan.timeOut()
        #expect(changes.map(\.state) == [.skipped, .skipped])
        #expect(run.plan.finalState == .failed)
        #expect(run.plan.isSettled)
    }

    @Test func `a marked run ends what runs, skips what has not begun, keeps what is finished and runs its teardowns`()
    {
        for (mark, ended) in [(DAGRunState.success, TaskState.success), (.failed, .failed)] {
            var run = TestRun([
                task("setup", role: .setup), task("done"), task("runs", ["setup"]), task("waits", ["done"]),
                task("later", ["runs"]),
                task(
                    "down", ["setup", "later"], rule: .allDoneSetupSuccess, role: .teardown(onFailureFailDagrun: false)),
            ])
            run.finish("setup", .success())
            run.finish("done", .failed)
            run.start("runs")
            _ = run.plan.mark(mark)
            _ = run.plan.plan()
            #expect(
                [run["done"], run["runs"], run["waits"], run["later"]] == [.failed, ended, .upstreamFailed, .skipped])
            #expect(run.plan.finalState == nil)
            run.finish("down", .success())
            #expect(run.plan.finalState == mark)
        }
    }

    @Test func `a run that cannot move has failed`() {
        // A removed upstream instance blocks all_skipped for ever.
        let graph = DAGGraph(
            DAGDocument(id: "stuck", tasks: [task("gone"), task("waits", ["gone"], rule: .allSkipped)]))
        var plan = RunPlan(
            graph: graph,
            stored: [
                StoredInstance(taskID: "gone", mapIndex: -1, state: .removed, tryNumber: 0, losses: 0),
                StoredInstance(taskID: "waits", mapIndex: -1, state: .none, tryNumber: 0, losses: 0),
            ])
        _ = plan.plan()
        #expect(plan.isDeadlocked)
        #expect(plan.finalState == .failed)
    }

    @Test func `a task that waits for an earlier run is no deadlock, and starts when it is released`() {
        var plan = RunPlan(graph: DAGGraph(DAGDocument(id: "past", tasks: [task("a"), task("b", ["a"])])))
        plan.holdBack(0)
        let held = plan.plan()
        #expect(held.isEmpty)
        #expect(plan.finalState == nil)
        plan.release(0)
        let released = plan.plan()
        #expect(released.map(\.state) == [.scheduled])
    }

    @Test func `late and impossible reports change nothing`() {
        var run = TestRun([task("a"), task("b", ["a"])])
        let a = run.key("a")
        let early = (run.plan.end(a, .success()), run.plan.note(a, .running))
        #expect(early == (nil, false))
        run.finish("a", .success())
        let late = (run.plan.end(a, .failed), run.plan.note(a, .running))
        #expect(late == (nil, false))
        #expect([run["a"], run["b"]] == [.success, .scheduled])
    }

    @Test func `a suspended instance goes on with the same try`() {
        var run = TestRun([task("a")])
        let a = run.key("a")
        run.start("a")
        let isWoken = run.plan.note(a, .deferred) && run.plan.wake(a)
        #expect(isWoken && run["a"] == .scheduled && run.plan[a]?.tryNumber == 1)
        run.start("a")
        let isWaiting = run.plan.note(a, .awaitingInput)
        #expect(isWaiting && run["a"] == .awaitingInput)
        let end = run.plan.end(a, .success())
        #expect(end == .success)
    }

    @Test func `clearing grants new tries`() {
        let graph = DAGGraph(DAGDocument(id: "cleared", tasks: [task("a", retries: 1)]))
        for (granted, expected) in [(0, TaskState.failed), (2, .upForRetry)] {
            var plan = RunPlan(
                graph: graph,
                stored: [
                    StoredInstance(
                        taskID: "a", mapIndex: -1, state: .running, tryNumber: 3, losses: 0, grantedTries: granted)
                ])
            let end = plan.end(InstanceKey(task: 0), .failed)
            #expect(end == expected)
        }
    }
}
