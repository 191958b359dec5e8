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

    private func clear(_ task: String, _ run: Int64, _ bench: inout CoreBench) {
        let now = bench.now.wall
        bench.database.change(run) { stored in
            let keys = stored.plan.instances(chosenBy: InstanceSelection(tasks: [.init(task)]))
            _ = stored.clear(keys, now: now)
        }
        bench.leader.staleRuns.insert(run)
    }

    @Test
    func `an instance that is cleared while it runs begins again when its attempt has ended, whose result is refused`()
    {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b", after: ["a"])])
        bench.join(.one)
        bench.join(.two, name: "v")
        let spec = bench.settle().dispatched[0]
        clear("a", run, &bench)
        let effects = bench.settle()
        #expect(effects.cancelled == [spec.id] && effects.tasks == [])
        #expect(bench.state(run, "a") == .restarting)
        bench.end(spec, .success(output: Array("1".utf8)))
        let again = bench.settle()
        #expect(again.acknowledged == [spec.id])
        #expect(again.dispatched.map(\.tryNumber) == [2])
        #expect(bench.database.attempts[run]?.map(\.state) == [.failed])
        bench.end(again.dispatched[0])
        #expect(bench.settle().tasks == ["b"])
    }

    @Test
    func `an instance that is cleared while its worker is lost begins again, and a new leader stops what was cleared`()
    {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        clear("a", run, &bench)
        bench.takeOver()
        #expect(bench.join(.one, held: [spec.id]) == [spec.id])
        #expect(bench.settle().tasks == [])
        bench.end(spec)
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
        #expect(bench.row(run, "a")?.losses == 0)
    }

    @Test func `a run that has ended and is cleared runs again, with all retries`() {
        var bench = CoreBench()
        let run = bench.run([.author("a", retries: 1, delay: 0), .author("b", after: ["a"])])
        bench.join(.one)
        for _ in 0..<2 {
            bench.settle().dispatched.first.map { bench.end($0, .failure) }
            bench.settle().dispatched.first.map { bench.end($0, .failure) }
            bench.settle()
            #expect(bench.database.runs[run]?.state == .failed)
            clear("a", run, &bench)
            clear("b", run, &bench)
            #expect(bench.database.runs[run]?.state == .queued)
        }
        #expect(bench.row(run, "a")?.maxTries == 5)
        let fifth = bench.settle().dispatched
        #expect(fifth.map(\.tryNumber) == [5])
    }
}
