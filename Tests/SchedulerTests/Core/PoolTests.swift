import DAGModel
import Scheduler
import Store
import Testing
import WorkerProtocol

/// Slots that tasks of all DAGs share.
struct PoolTests {
    private var bench = CoreBench()

    init() { bench.join(.one, slots: 200) }

    @Test mutating func `a pool is shared by all DAGs and hides no task of another pool`() {
        bench.core.poolsChanged(["default_pool": PoolSize(slots: 128), "gpu": PoolSize(slots: 2)])
        _ = bench.run([.author("a", pool: "gpu"), .author("b", pool: "gpu"), .author("free")], dag: "one")
        _ = bench.run([.author("c", pool: "gpu")], dag: "two")
        let first = bench.settle()
        #expect(Set(first.tasks) == ["a", "c", "free"])
        bench.end(first.dispatched[0])
        #expect(bench.settle().tasks == ["b"])
    }

    @Test mutating func `a task takes its poolSlots, and a smaller one passes it`() {
        bench.core.poolsChanged(["gpu": PoolSize(slots: 3)])
        _ = bench.run([
            .author("a", pool: "gpu", slots: 2), .author("b", pool: "gpu", slots: 2), .author("c", pool: "gpu"),
        ])
        let first = bench.settle()
        #expect(first.tasks == ["a", "c"])
        bench.end(first.dispatched[1])
        #expect(bench.settle().tasks == [])
        bench.end(first.dispatched[0])
        #expect(bench.settle().tasks == ["b"])
    }

    @Test mutating func `the default pool has 128 slots until somebody changes it`() {
        _ = bench.run((0..<130).map { .author("t\($0)") }, limits: .activeTasks(1_000))
        #expect(bench.settle().tasks.count == 128)
        bench.core.poolsChanged(["default_pool": PoolSize(slots: -1)])
        #expect(bench.settle().tasks.count == 2)
    }

    @Test mutating func `a task that its pool cannot take says why, and starts once it can`() {
        bench.core.poolsChanged(["gpu": PoolSize(slots: 2)])
        let run = bench.run([.author("large", pool: "gpu", slots: 3), .author("lost", pool: "nowhere")])
        #expect(bench.settle().tasks == [])
        #expect(
            bench.row(run, "large")?.reason
                == "takes 3 slots of pool gpu, which has 2: give the pool more slots, or the task fewer poolSlots")
        #expect(
            bench.row(run, "lost")?.reason
                == "waits for pool nowhere, which does not exist: create it, or give the task another pool")
        bench.core.poolsChanged(["gpu": PoolSize(slots: 3), "nowhere": PoolSize(slots: 1)])
        #expect(bench.settle().tasks == ["large", "lost"])
        #expect(bench.row(run, "large")?.reason == nil)
        #expect(bench.database.problems == [])
    }

    @Test mutating func `sensors take slots of a pool only if it counts them`() {
        bench.core.poolsChanged(["gpu": PoolSize(slots: 1)])
        var sensor = TaskDocument(id: "wait", kind: .builtIn(type: "s3_key_sensor", fields: .object([:])))
        sensor.limits.pool = "gpu"
        var second = sensor
        second.id = "again"
        _ = bench.run([sensor, second, .author("a", pool: "gpu")])
        let first = bench.settle()
        #expect(Set(first.tasks) == ["wait", "again", "a"])
        bench.core.poolsChanged(["gpu": PoolSize(slots: 1, includeDeferred: true)])
        _ = bench.run([.author("b", pool: "gpu")])
        for spec in first.dispatched where spec.taskID != "wait" { bench.end(spec) }
        #expect(bench.settle().tasks == [])
        for spec in first.dispatched where spec.taskID == "wait" { bench.end(spec) }
        #expect(bench.settle().tasks == ["b"])
    }
}
