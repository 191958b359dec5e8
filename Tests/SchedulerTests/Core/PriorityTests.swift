import DAGModel
import Scheduler
import Testing
import WorkerProtocol

/// Who goes first when slots are few.
struct PriorityTests {
    @Test func `higher weights go first, also those of a younger run`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")], dag: "light")
        bench.pass(.seconds(1))
        _ = bench.run([.author("b", weight: 3), .author("c", weight: 5), .author("d", weight: 3)], dag: "heavy")
        bench.join(.one, slots: 4)
        #expect(bench.settle().tasks == ["c", "b", "d", "a"])
    }

    @Test func `what holds up much goes first`() {
        var bench = CoreBench()
        _ = bench.run([.author("alone"), .author("first"), .author("second", after: ["first"])])
        bench.join(.one, slots: 1)
        #expect(bench.settle().tasks == ["first"])
    }

    @Test func `a DAG with a thousand ready instances takes turns with others of the same weight`() {
        var bench = CoreBench()
        _ = bench.run((0..<1_000).map { .author("t\($0)") }, dag: "large", limits: .activeTasks(1_000))
        bench.pass(.seconds(60))
        _ = bench.run([.author("x"), .author("y")], dag: "small")
        bench.join(.one, slots: 6)
        #expect(bench.settle().tasks == ["t0", "x", "t1", "y", "t2", "t3"])
    }

    @Test func `a retry of an older run goes before younger runs of its DAG`() {
        var bench = CoreBench()
        let older = bench.run([.author("a", retries: 1)])
        bench.join(.one, slots: 1)
        let first = bench.settle()
        bench.pass(.seconds(1))
        let younger = bench.run([.author("a"), .author("b")])
        bench.settle()
        bench.end(first.dispatched[0], .failure)
        let second = bench.settle()
        #expect(second.dispatched.map(\.runID) == ["run\(younger)"])
        bench.pass(.seconds(10))
        bench.settle()
        #expect(bench.state(older, "a") == .scheduled)
        bench.end(second.dispatched[0])
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(older)"])
    }
}
