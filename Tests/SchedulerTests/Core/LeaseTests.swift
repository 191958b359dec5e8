import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Workers that fall silent, go, and come back.
struct LeaseTests {
    @Test func `the attempts of a silent worker are lost when its lease ends, and its connection is closed`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.pass(.seconds(20) - .microseconds(1))
        #expect(bench.settle().disconnected == [])
        #expect(bench.state(run, "a") == .queued)
        bench.pass(.microseconds(1))
        #expect(bench.settle().disconnected == [.one])
        #expect(bench.state(run, "a") == .scheduled)
        #expect(
            bench.database.attempts[run]?.last?.reason
                == "nothing heard from worker w/0000000000000001 for 20 s: it or its host is gone")
        #expect(bench.join(.one, held: [spec.id]) == [spec.id])
    }

    @Test func `a heartbeat renews the lease`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        for _ in 0..<10 {
            bench.pass(.seconds(15))
            #expect(bench.core.heartbeat(.one, held: [spec.id], now: bench.now) == [])
            #expect(bench.settle().disconnected == [])
        }
    }

    @Test func `an attempt outlives a broken connection, and its worker gets nothing new meanwhile`() {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b")])
        bench.join(.one, slots: 2)
        let specs = bench.settle().dispatched
        bench.end(specs[1])
        bench.core.workerDisconnected(.one)
        _ = bench.run([.author("c")])
        #expect(bench.settle().tasks == [])
        bench.pass(.seconds(10))
        #expect(bench.join(.one, slots: 2, held: [specs[0].id]) == [])
        #expect(bench.settle().tasks == ["c"])
        bench.end(specs[0])
        #expect(bench.settle().finished == ["run\(run)"])
    }

    @Test func `what a worker no longer knows when it comes back is lost at once`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        bench.settle()
        bench.core.workerDisconnected(.one)
        bench.join(.one, held: [])
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
        #expect(
            bench.database.attempts[run]?.map(\.reason) == ["worker w/0000000000000001 no longer knows the attempt"])
    }

    @Test func `a successor says that its predecessor's attempts are lost`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one)
        bench.settle()
        bench.join(.two, isSuccessor: true)
        let again = bench.settle()
        #expect(again.dispatched.map(\.tryNumber) == [2])
        #expect(again.receivers == [.two])
    }

    @Test func `a second worker of the same name takes nothing from the first`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one)
        bench.settle()
        bench.join(.two)
        #expect(bench.settle().tasks == [])
    }

    @Test func `a heartbeat of a worker whose lease has ended revokes all that it holds`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.pass(.seconds(20))
        bench.settle()
        #expect(bench.core.heartbeat(.one, held: [spec.id], now: bench.now) == [spec.id])
    }

    @Test func `a worker that reconnects during a commit does not get what it did not hold`() {
        var bench = CoreBench()
        _ = bench.run([.author("a")])
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.core.workerDisconnected(.one)
        bench.join(.one, held: [])
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(Effects(bench.leader.perform()).tasks == [])
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
        #expect(bench.database.problems == [])
    }

    @Test func `an attempt that a living worker does not mention for a lease is lost`() {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b")])
        bench.join(.one, slots: 2)
        let specs = bench.settle().dispatched
        for _ in 0..<4 {
            bench.pass(.seconds(5))
            _ = bench.core.heartbeat(.one, held: [specs[0].id], now: bench.now)
        }
        #expect(bench.settle().dispatched.map(\.taskID) == [specs[1].taskID])
        #expect(
            bench.database.attempts[run]?.map(\.reason) == [
                "worker w/0000000000000001 is alive, but has not mentioned the attempt for a lease"
            ])
        // It is told to stop it, should it have it after all.
        #expect(bench.core.heartbeat(.one, held: specs.map(\.id), now: bench.now) == [specs[1].id])
    }

    @Test func `an attempt that its worker cannot know yet, as the commit takes longer than a lease, is not lost`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        for _ in 0..<12 {
            bench.pass(.seconds(5))
            _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        }
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(Effects(bench.leader.perform(now: bench.now)).tasks == ["a"])
        // It was sent before the worker had heard of the attempt.
        _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        #expect(bench.settle().dispatched.isEmpty)
        #expect(bench.database.attempts[run] == nil)
    }
}
