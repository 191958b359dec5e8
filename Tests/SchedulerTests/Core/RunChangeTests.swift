import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Runs that somebody else changes.
struct RunChangeTests {
    @Test func `a cancelled run has failed at once, its attempts are stopped, their slots free when they have ended`() {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b", after: ["a"])])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.database.cancel(run)
        bench.leader.staleRuns.insert(run)
        #expect(bench.settle().cancelled == [spec.id])
        #expect(bench.database.runs[run]?.state == .failed)
        #expect([bench.state(run, "a"), bench.state(run, "b")] == [.failed, .skipped])
        _ = bench.run([.author("c")])
        #expect(bench.settle().tasks == [])
        bench.end(spec, .failed(AttemptFailure(.cancelled, "the run was cancelled")))
        #expect(bench.settle().tasks == ["c"])
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.database.attempts[run]?.count == 1)
    }

    @Test func `a run that is cancelled before it starts never starts`() {
        var bench = CoreBench()
        bench.join(.one)
        let run = bench.run([.author("a")], after: .seconds(60))
        bench.settle()
        bench.database.cancel(run)
        bench.leader.staleRuns.insert(run)
        #expect(bench.settle().tasks == [])
        #expect(bench.database.runs[run]?.state == .failed)
        #expect(bench.state(run, "a") == .skipped)
    }

    @Test func `a run that is read again keeps its attempts`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.database.annotate(run)
        bench.leader.staleRuns.insert(run)
        let effects = bench.settle()
        #expect(effects.tasks == [] && effects.cancelled == [])
        bench.end(spec)
        #expect(bench.settle().finished == ["run\(run)"])
    }

    @Test func `a dispatch whose commit loses its run never happened, and is decided anew`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.settle()
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.annotate(run)
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(Effects(bench.leader.perform()).tasks == [])
        #expect(bench.core.workers[.one]?.usedSlots == 0)
        #expect(bench.settle().dispatched.map(\.tryNumber) == [1])
        #expect(bench.core.workers[.one]?.usedSlots == 1)
    }

    @Test func `a result whose commit loses its run is not lost`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.end(spec)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.annotate(run)
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(Effects(bench.leader.perform()).acknowledged == [])
        #expect(bench.leader.heartbeat(.one, held: [spec.id], now: bench.now) == [])
        #expect(bench.settle().acknowledged.contains(spec.id))
        #expect(bench.state(run, "a") == .success)
    }

    @Test func `a cancel that comes before the commit of a result wins, and the run has one result`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.end(spec)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.cancel(run)
        #expect(bench.leader.commit(&bench.database) == true)
        bench.settle()
        #expect(bench.database.runs[run]?.state == .failed)
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.database.attempts[run]?.count == 1)
        #expect(bench.database.problems == [])
    }

    @Test func `a commit that is repeated changes nothing`() {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b", after: ["a"])])
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        #expect(bench.leader.commit(&bench.database, isAnswered: false) == true)
        #expect(bench.leader.commit(&bench.database) == true)
        let spec = Effects(bench.leader.perform()).dispatched[0]
        bench.end(spec)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        #expect(bench.leader.commit(&bench.database, isAnswered: false) == true)
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(bench.state(run, "a") == .success)
        #expect(bench.database.problems == [])
    }
}
