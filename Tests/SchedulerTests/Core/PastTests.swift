import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Tasks that depend on the run before.
struct PastTests {
    private static func task(
        _ id: String, after upstream: [String] = [], waitForDownstream: Bool = false, ignoreFirst: Bool = true
    ) -> TaskDocument {
        var task = TaskDocument.author(id, after: upstream)
        task.past.dependsOnPast = true
        task.past.waitForDownstream = waitForDownstream
        task.past.ignoreFirstDependsOnPast = ignoreFirst
        return task
    }

    @Test func `a task waits for itself in the run before, and its end wakes it`() {
        var bench = CoreBench()
        let tasks = [Self.task("a"), .author("b")]
        let (first, second) = (bench.run(tasks, day: 1), bench.run(tasks, day: 2))
        bench.join(.one, slots: 9)
        let specs = bench.settle().dispatched
        #expect(specs.map { "\($0.runID) \($0.taskID)" }.sorted() == ["run1 a", "run1 b", "run2 b"])
        #expect(
            bench.row(second, "a")?.reason == "waits for task a of the run before, run1, to end as success or skipped")
        for spec in specs where spec.taskID == "a" { bench.end(spec) }
        let more = bench.settle()
        #expect(more.dispatched.map(\.runID) == ["run2"])
        #expect(more.tasks == ["a"])
        #expect(bench.row(second, "a")?.reason == nil)
        #expect(bench.state(first, "a") == .success)
    }

    @Test func `a failure holds up the next run until a person marks it, also after the run has ended`() {
        var bench = CoreBench()
        let first = bench.run([Self.task("a")], day: 1)
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        let second = bench.run([Self.task("a")], day: 2)
        #expect(bench.settle().tasks == [])
        #expect(bench.database.runs[second]?.state == .running)
        bench.database.change(first) { [now = bench.now] stored in
            _ = stored.mark(stored.plan.instances(chosenBy: InstanceSelection()), as: .success, now: now.wall)
        }
        bench.leader.staleRuns.insert(first)
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(second)"])
    }

    @Test func `a cleared run before holds up what has not begun, and lets it go on when it has ended well`() {
        var bench = CoreBench()
        let first = bench.run([Self.task("a")], day: 1)
        bench.join(.one)
        bench.end(bench.settle().dispatched[0])
        bench.settle()
        bench.database.change(first) { [now = bench.now] stored in
            _ = stored.clear(stored.plan.instances(chosenBy: InstanceSelection()), now: now.wall)
        }
        bench.leader.staleRuns.insert(first)
        let second = bench.run([Self.task("a")], day: 2)
        let again = bench.settle().dispatched
        #expect(again.map(\.runID) == ["run\(first)"])
        bench.end(again[0])
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(second)"])
    }

    @Test func `the next leader knows what waits`() {
        var bench = CoreBench()
        let tasks = [Self.task("a")]
        _ = (bench.run(tasks, day: 1), bench.run(tasks, day: 2))
        bench.join(.one, slots: 2)
        let spec = bench.settle().dispatched[0]
        bench.takeOver()
        #expect(bench.join(.one, slots: 2, held: [spec.id]) == [])
        #expect(bench.settle().tasks == [])
        bench.end(spec)
        #expect(bench.settle().dispatched.map(\.runID) == ["run2"])
    }

    @Test func `a run that comes in between is the one that is waited for`() {
        var bench = CoreBench()
        let first = bench.run([Self.task("a")], day: 1)
        bench.join(.one, slots: 3)
        let spec = bench.settle().dispatched[0]
        let third = bench.run([Self.task("a")], day: 3)
        bench.settle()
        #expect(bench.core.runs[third]?.past?.id == first)
        let second = bench.run([Self.task("a")], day: 2)
        bench.settle()
        #expect(bench.core.runs[third]?.past?.id == second)
        bench.end(spec)
        let next = bench.settle().dispatched
        #expect(next.map(\.runID) == ["run\(second)"])
        bench.end(next[0])
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(third)"])
    }

    @Test func `the tasks directly downstream in the run before are waited for too, if asked for`() {
        var bench = CoreBench()
        let tasks = [Self.task("a", waitForDownstream: true), .author("b", after: ["a"]), .author("c", after: ["b"])]
        _ = (bench.run(tasks, day: 1), bench.run(tasks, day: 2))
        bench.join(.one, slots: 3)
        bench.end(bench.settle().dispatched[0])
        let next = bench.settle().dispatched
        #expect(next.map { "\($0.runID) \($0.taskID)" } == ["run1 b"])
        bench.end(next[0], .skipped(reason: "nothing"))
        #expect(bench.settle().dispatched.map { "\($0.runID) \($0.taskID)" }.contains("run2 a"))
    }

    @Test func `a run without a logical date, or without a run before, waits for none`() {
        var bench = CoreBench()
        let tasks = [Self.task("a", ignoreFirst: false)]
        _ = (bench.run(tasks), bench.run(tasks, day: 2), bench.run(tasks))
        bench.join(.one, slots: 3)
        #expect(bench.settle().dispatched.count == 3)
    }

    @Test func `a new task needs no past, unless it is to, or ran in an earlier run`() {
        let graph = DAGGraph(
            DAGDocument(
                id: "dag", tasks: [Self.task("new"), Self.task("strict", ignoreFirst: false), Self.task("old")]))
        let past = PastRun(
            id: 1, runID: "run1", logicalDate: Instant(seconds: 0), states: [], everRan: ["old"], of: graph)
        #expect(graph.heldBack(by: past) == [1, 2])
    }

    @Test func `an end whose commit loses its run wakes nobody`() {
        var bench = CoreBench()
        let first = bench.run([Self.task("a")], day: 1)
        _ = bench.run([Self.task("a")], day: 2)
        bench.join(.one, slots: 2)
        bench.end(bench.settle().dispatched[0])
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.change(first) { [now = bench.now] stored in
            _ = stored.mark(stored.plan.instances(chosenBy: InstanceSelection()), as: .failed, now: now.wall)
        }
        #expect(bench.leader.commit(&bench.database) == true)
        _ = bench.leader.perform()
        #expect(bench.settle().tasks == [])
        #expect(bench.state(first, "a") == .failed)
    }
}
