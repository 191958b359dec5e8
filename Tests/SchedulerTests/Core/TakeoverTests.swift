import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// A leader that begins with what a former one left.
struct TakeoverTests {
    @Test func `an attempt that its worker reports goes on under the next leader`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.takeOver()
        #expect(bench.join(.one, held: [spec.id]) == [])
        #expect(bench.core.workers[.one]?.usedSlots == 1)
        #expect(bench.settle().tasks == [])
        bench.end(spec)
        #expect(bench.settle().finished == ["run\(run)"])
    }

    @Test func `a result that was on its way when the leader died is taken by the next`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.end(spec)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.takeOver()
        #expect(bench.join(.one, held: [spec.id]) == [])
        bench.end(spec)
        #expect(bench.settle().acknowledged == [spec.id])
        #expect(bench.state(run, "a") == .success)
    }

    @Test func `a result that was committed and not acknowledged is acknowledged by the next`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.end(spec)
        bench.settle()
        bench.takeOver()
        bench.join(.one, held: [spec.id])
        bench.end(spec)
        #expect(bench.settle().acknowledged == [spec.id])
        #expect(bench.database.attempts[run]?.count == 1)
    }

    @Test func `what was dispatched and never arrived is lost as soon as its worker says so`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        #expect(bench.leader.commit(&bench.database) == true)
        bench.takeOver()
        #expect(bench.state(run, "a") == .queued)
        bench.join(.one, held: [])
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
        #expect(
            bench.database.attempts[run]?.map(\.reason) == ["worker w/0000000000000001 no longer knows the attempt"])
    }

    @Test func `an attempt that no worker reports is lost after hold time and lease, not before`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        bench.settle()
        bench.takeOver()
        bench.join(.two)
        bench.pass(.seconds(80) - .microseconds(1))
        _ = bench.core.heartbeat(.two, held: [], now: bench.now)
        #expect(bench.settle().tasks == [])
        bench.pass(.microseconds(1))
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
        #expect(
            bench.database.attempts[run]?.map(\.reason) == [
                "no worker reported the attempt after another scheduler took over"
            ])
    }

    @Test func `a successor says that its predecessor's attempts are lost, also those of a former leader`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one, name: "w")
        bench.settle()
        bench.takeOver()
        bench.join(.two, name: "w", isSuccessor: true)
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
    }

    @Test func `a worker whose name begins another's is not taken for it`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one, name: "w/x")
        bench.settle()
        bench.takeOver()
        bench.join(.two, name: "w", isSuccessor: true)
        #expect(bench.settle().tasks == [])
    }

    @Test func `a run that was cancelled while nobody led has failed, and what runs of it is stopped`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.database.cancel(run)
        bench.takeOver()
        bench.settle()
        #expect(bench.database.runs[run]?.state == .failed)
        #expect(bench.join(.one, held: [spec.id]) == [spec.id])
    }

    @Test func `the former leader's commit is refused`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.epoch += 1
        #expect(bench.leader.commit(&bench.database) == false)
        #expect(bench.database.runs[run]?.state == .queued)
    }
}
