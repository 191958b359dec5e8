import DAGModel
import Scheduler
import Store
import Testing
import WorkerProtocol

/// `dagrunTimeout`.
struct RunTimeoutTests {
    private static func limits(_ timeout: Double) -> DAGLimits {
        var limits = DAGLimits()
        limits.dagrunTimeout = timeout
        return limits
    }

    @Test func `a run that takes too long has failed, what runs in it is stopped, and the rest is skipped`() {
        var bench = CoreBench()
        let run = bench.run(
            [.author("a"), .author("b"), .author("c", after: ["b"]), .author("d", retries: 1, delay: 500)],
            limits: Self.limits(60))
        bench.join(.one, slots: 4)
        let first = Dictionary(uniqueKeysWithValues: bench.settle().dispatched.map { ($0.taskID, $0) })
        guard let a = first["a"], let b = first["b"], let d = first["d"] else { return #expect(Bool(false)) }
        bench.end(a)
        bench.end(d, .failure)
        bench.settle()
        bench.pass(.seconds(60) - .microseconds(1))
        _ = bench.core.heartbeat(.one, held: [b.id], now: bench.now)
        #expect(bench.settle().cancelled == [])
        bench.pass(.microseconds(1))
        let effects = bench.settle()
        #expect(effects.cancelled == [b.id])
        #expect(
            effects.told == ["Run run\(run) of dag has failed: the run took longer than its dagrunTimeout of 60.0 s"])
        #expect(bench.database.runs[run]?.state == .failed)
        #expect(["a", "b", "c", "d"].map { bench.state(run, $0) } == [.success, .skipped, .skipped, .skipped])
        #expect(bench.row(run, "c")?.reason == "the run took longer than its dagrunTimeout of 60.0 s")
        let attempt = bench.database.attempts[run]?.first { $0.id == b.id.rawValue }
        #expect(attempt?.state == .skipped)
        // What the worker says of it later changes nothing.
        bench.end(b)
        bench.settle()
        #expect(bench.state(run, "b") == .skipped)
        #expect(bench.database.problems == [])
    }

    @Test func `the time is counted from the start of the run, also by the next leader`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")], limits: Self.limits(60), after: .seconds(10))
        bench.settle()
        bench.pass(.seconds(10))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .running)
        bench.pass(.seconds(50))
        bench.takeOver()
        bench.settle()
        bench.pass(.seconds(10) - .microseconds(1))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .running)
        bench.pass(.microseconds(1))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .failed)
    }

    @Test func `a run whose time was over while nobody led fails as soon as somebody leads`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")], limits: Self.limits(60))
        bench.settle()
        bench.pass(.seconds(100))
        bench.takeOver()
        bench.settle()
        #expect(bench.database.runs[run]?.state == .failed)
    }

    @Test func `a run that was cleared has its whole time again`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")], limits: Self.limits(60))
        bench.settle()
        bench.pass(.seconds(60))
        bench.settle()
        bench.database.change(run) { [now = bench.now] stored in
            _ = stored.clear(stored.plan.instances(chosenBy: InstanceSelection()), now: now.wall)
        }
        bench.leader.staleRuns.insert(run)
        bench.settle()
        bench.pass(.seconds(59))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .running)
        bench.pass(.seconds(1))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .failed)
    }

    @Test func `a failed run of a DAG with such a limit may pause it; one that a person cancelled may not`() {
        var limits = DAGLimits()
        limits.maxConsecutiveFailedRuns = 2
        var bench = CoreBench()
        let run = bench.run([.author("a")], limits: limits)
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        #expect(bench.database.failures.map(\.run) == [run])
        #expect(
            bench.database.failures.first?.reason
                == "its last 2 runs failed, the newest is run\(run); once that is repaired: dagctl dags unpause dag")
        let other = bench.run([.author("a")], limits: limits)
        bench.settle()
        bench.database.cancel(other)
        bench.leader.staleRuns.insert(other)
        bench.settle()
        #expect(bench.database.runs[other]?.state == .failed)
        #expect(bench.database.failures.count == 1)
    }
}
