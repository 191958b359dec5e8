import DAGModel
import Scheduler
import Store
import Testing
import WorkerProtocol

/// Which instance gets which slot, and when.
struct DispatchTests {
    @Test func `older runs first, then the order of declaration`() {
        var bench = CoreBench()
        let younger = bench.run([.author("c"), .author("d")], after: .zero)
        bench.pass(.seconds(1))
        let document = DAGDocument(id: "dag", tasks: [.author("a"), .author("b")])
        let older = bench.database.createRun(document, runAfter: bench.now.wall - .seconds(60))
        bench.leader.staleRuns.insert(older)
        bench.tick()
        bench.join(.one, slots: 4)
        #expect(bench.settle().tasks == ["a", "b", "c", "d"])
        #expect(bench.state(younger, "d") == .queued)
    }

    @Test func `a slot is taken until its attempt has ended`() {
        var bench = CoreBench()
        _ = bench.run([.author("a"), .author("b"), .author("c")])
        bench.join(.one, slots: 2)
        let first = bench.settle()
        #expect(first.tasks == ["a", "b"])
        #expect(bench.settle().tasks == [])
        bench.end(first.dispatched[0])
        let second = bench.settle()
        #expect(second.tasks == ["c"])
        #expect(second.acknowledged == [first.dispatched[0].id])
    }

    @Test func `the freest worker gets the next attempt`() {
        var bench = CoreBench()
        _ = bench.run((0..<4).map { .author("t\($0)") })
        bench.join(.one, name: "small", slots: 1)
        bench.join(.two, name: "large", slots: 3)
        #expect(bench.settle().receivers.sorted { $0.instance < $1.instance } == [.one, .two, .two, .two])
    }

    @Test func `sensors take no slot, but need a worker`() {
        var bench = CoreBench()
        let sensor = TaskDocument(id: "wait", kind: .builtIn(type: "s3_key_sensor", fields: .object([:])))
        _ = bench.run([.author("a"), sensor])
        #expect(bench.settle().tasks == [])
        bench.join(.one, slots: 1)
        #expect(bench.settle().tasks == ["a", "wait"])
    }

    @Test func `a draining worker gets nothing more`() {
        var bench = CoreBench()
        _ = bench.run([.author("a"), .author("b")])
        bench.join(.one, slots: 1)
        let first = bench.settle()
        bench.core.workerDrains(.one)
        bench.end(first.dispatched[0])
        #expect(bench.settle().tasks == [])
    }

    @Test func `empty tasks are done in the tick that finds them, without a worker`() {
        var bench = CoreBench()
        let run = bench.run([TaskDocument(id: "a"), TaskDocument(id: "b", upstream: ["a"])])
        #expect(bench.settle().finished == ["run\(run)"])
        #expect(bench.database.runs[run]?.state == .success)
        #expect(bench.database.problems == [])
    }

    @Test func `what a paused DAG has ready waits, and hides nothing behind it`() {
        var bench = CoreBench()
        let paused = bench.run([.author("a"), .author("b")], dag: "paused")
        bench.tick()
        bench.core.dagChanged("paused", isPaused: true)
        _ = bench.run([.author("c")], dag: "other")
        bench.join(.one, slots: 4)
        #expect(bench.settle().tasks == ["c"])
        bench.core.dagChanged("paused", isPaused: false)
        #expect(bench.settle().tasks == ["a", "b"])
        #expect(bench.state(paused, "a") == .queued)
    }

    @Test func `a paused DAG starts no run`() {
        var bench = CoreBench()
        bench.core.dagChanged("dag", isPaused: true)
        let run = bench.run([TaskDocument(id: "a")])
        bench.settle()
        #expect(bench.database.runs[run]?.state == .queued)
        bench.core.dagChanged("dag", isPaused: false)
        bench.settle()
        #expect(bench.database.runs[run]?.state == .success)
    }

    @Test func `no more runs than maxActiveRuns are active, the next one starts when one ends`() {
        var bench = CoreBench()
        let runs = (0..<3).map { _ in bench.run([.author("a")], maxActiveRuns: 2) }
        bench.join(.one, slots: 8)
        let first = bench.settle()
        #expect(runs.map { bench.database.runs[$0]?.state } == [.running, .running, .queued])
        bench.end(first.dispatched[0])
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(runs[2])"])
    }

    @Test func `a run starts at its time`() {
        var bench = CoreBench()
        let run = bench.run([TaskDocument(id: "a")], after: .seconds(30))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .queued)
        bench.pass(.seconds(29))
        bench.settle()
        #expect(bench.database.runs[run]?.state == .queued)
        bench.passToNextTimer()
        bench.settle()
        #expect(bench.database.runs[run]?.state == .success)
    }
}
