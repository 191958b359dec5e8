import DAGModel
import Scheduler
import Testing
import WorkerProtocol

/// What may run at once, and that nothing which may run waits behind something that may not.
struct LimitTests {
    @Test func `a run has no more active tasks than maxActiveTasks, and hides no other run`() {
        var bench = CoreBench()
        _ = bench.run((0..<5).map { .author("t\($0)") }, limits: .activeTasks(2))
        _ = bench.run([.author("other")], limits: .activeTasks(2))
        bench.join(.one, slots: 8)
        let first = bench.settle()
        #expect(first.tasks == ["t0", "t1", "other"])
        bench.end(first.dispatched[0])
        #expect(bench.settle().tasks == ["t2"])
        bench.end(first.dispatched[2])
        #expect(bench.settle().tasks == [])
    }

    @Test func `a run has 16 active tasks unless it says otherwise`() {
        var bench = CoreBench()
        _ = bench.run((0..<20).map { .author("t\($0)") })
        bench.join(.one, slots: 32)
        #expect(bench.settle().tasks.count == 16)
    }

    @Test func `maxActiveTisPerDag counts all runs and hides no other task`() {
        var bench = CoreBench()
        var limited = TaskDocument.author("limited")
        limited.limits.maxActiveTisPerDag = 1
        let runs = (0..<2).map { _ in bench.run([limited, .author("free")]) }
        bench.join(.one, slots: 8)
        let first = bench.settle()
        #expect(first.tasks == ["limited", "free", "free"])
        bench.end(first.dispatched[0])
        let second = bench.settle()
        #expect(second.tasks == ["limited"])
        #expect(second.dispatched.map(\.runID) == ["run\(runs[1])"])
    }

    @Test func `maxActiveTisPerDagrun limits the instances of a mapped task in each run`() {
        var bench = CoreBench()
        var mapped = TaskDocument.author("mapped")
        mapped.mappedCount = 5
        mapped.limits.maxActiveTisPerDagrun = 2
        _ = bench.run([mapped, .author("free")])
        _ = bench.run([mapped])
        bench.join(.one, slots: 16)
        let first = bench.settle()
        #expect(first.dispatched.map(\.mapIndex) == [0, 1, -1, 0, 1])
        bench.end(first.dispatched[1])
        #expect(bench.settle().dispatched.map(\.mapIndex) == [2])
    }

    @Test func `a lane that one limit let go and another one stops lets the next one through`() {
        var bench = CoreBench()
        var limited = TaskDocument.author("limited")
        limited.limits.maxActiveTisPerDag = 1
        let one = bench.run([limited, .author("x")], limits: .activeTasks(1))
        let two = bench.run([limited, .author("y", after: [], weight: 9)], limits: .activeTasks(1))
        let three = bench.run([limited], limits: .activeTasks(1))
        bench.join(.one, slots: 8)
        // y goes first, so the second run is full; the first run's `limited` fills the task's limit.
        let first = bench.settle()
        #expect(Set(first.dispatched.map { "\($0.runID) \($0.taskID)" }) == ["run\(two) y", "run\(one) limited"])
        bench.end(first.dispatched.first { $0.taskID == "limited" } ?? first.dispatched[0])
        let second = bench.settle()
        #expect(Set(second.dispatched.map { "\($0.runID) \($0.taskID)" }) == ["run\(one) x", "run\(three) limited"])
    }

    @Test func `a cancelled run's attempt counts until it has ended`() {
        var bench = CoreBench()
        var limited = TaskDocument.author("limited")
        limited.limits.maxActiveTisPerDag = 1
        let first = bench.run([limited])
        _ = bench.run([limited])
        bench.join(.one, slots: 2)
        let running = bench.settle()
        bench.database.cancel(first)
        bench.leader.staleRuns.insert(first)
        let cancelled = bench.settle()
        #expect(cancelled.cancelled == [running.dispatched[0].id])
        #expect(cancelled.tasks == [])
        bench.end(running.dispatched[0], .failed(AttemptFailure(.cancelled, "stopped")))
        #expect(bench.settle().tasks == ["limited"])
    }

    @Test func `another scheduler counts what it takes over`() {
        var bench = CoreBench()
        _ = bench.run((0..<3).map { .author("t\($0)") }, limits: .activeTasks(2))
        bench.join(.one, slots: 8)
        let before = bench.settle()
        bench.takeOver()
        bench.join(.one, slots: 8, held: before.dispatched.map(\.id))
        #expect(bench.settle().tasks == [])
        bench.end(before.dispatched[0])
        #expect(bench.settle().tasks == ["t2"])
    }

    @Test func `a lost attempt gives back what it held`() {
        var bench = CoreBench()
        _ = bench.run([.author("a", retries: 1), .author("b")], limits: .activeTasks(1))
        bench.join(.one, slots: 4)
        let first = bench.settle()
        bench.end(first.dispatched[0], .lost)
        #expect(bench.settle().tasks == ["a"])
    }
}
