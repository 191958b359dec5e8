import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Results: once, by the right attempt, and acknowledged when they are written.
struct ResultTests {
    @Test func `a result is acknowledged only when it is committed`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.end(spec)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        #expect(bench.state(run, "a") == .queued)
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(bench.state(run, "a") == .success)
        #expect(Effects(bench.leader.perform()).acknowledged == [spec.id])
    }

    @Test func `the same result again is acknowledged and changes nothing`() {
        var bench = CoreBench()
        let run = bench.run([.author("a"), .author("b")])
        bench.join(.one, slots: 2)
        let specs = bench.settle().dispatched
        bench.end(specs[0])
        bench.end(specs[0])
        bench.settle()
        bench.end(specs[0], .failure)
        #expect(bench.settle().acknowledged == [specs[0].id])
        #expect(bench.state(run, "a") == .success)
        #expect(bench.database.attempts[run]?.count == 1)
    }

    @Test func `a late result of a lost attempt is refused`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        bench.pass(.seconds(20))
        bench.settle()
        bench.join(.two)
        let again = bench.settle().dispatched
        bench.end(spec)
        #expect(bench.settle().acknowledged == [spec.id])
        #expect(bench.state(run, "a") == .queued)
        bench.end(again[0], from: .two)
        bench.settle()
        #expect(bench.state(run, "a") == .success)
    }

    @Test func `a result with another token is refused`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        var spec = bench.settle().dispatched[0]
        spec.token = .random()
        bench.end(spec)
        bench.settle()
        #expect(bench.state(run, "a") == .queued)
    }

    @Test func `an output above 64 KiB that is not stored already fails the task for good, and says what to do`() {
        var bench = CoreBench()
        let run = bench.run([.author("a", retries: 1)])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .success(output: [UInt8](repeating: 0x31, count: 65_537)))
        bench.settle()
        #expect(bench.state(run, "a") == .failed)
        #expect(
            bench.row(run, "a")?.reason
                == "the output has 65537 bytes, and was not stored in parts as outputs above 65536 are: run the scheduler and its workers on one release"
        )
        #expect(bench.database.outputs == [])
    }

    @Test func `an output that is stored already is named by its row, and mapped over by its length`() {
        var bench = CoreBench()
        let mapped = TaskDocument(
            id: "each", kind: .author, upstream: ["list"], inputs: [TaskInput(task: "list", kind: .element)])
        let run = bench.run([.author("list"), mapped])
        bench.join(.one, slots: 8)
        bench.end(
            bench.settle().dispatched[0], .kept(LargeOutput(size: 100_000, sha256: "abc", listLength: 3)))
        #expect(bench.settle().dispatched.map(\.mapIndex) == [0, 1, 2])
        #expect(bench.row(run, "list")?.listLength == 3)
        #expect(bench.database.outputs.map(\.value) == [""])
        #expect(bench.database.problems == [])
    }

    @Test(arguments: [nil, 100_001])
    func `a large output that cannot be mapped over fails the task`(_ length: Int?) {
        var bench = CoreBench()
        let mapped = TaskDocument(
            id: "each", kind: .author, upstream: ["list"], inputs: [TaskInput(task: "list", kind: .element)])
        let run = bench.run([.author("list"), mapped])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .kept(LargeOutput(size: 100_000, sha256: "abc", listLength: length)))
        bench.settle()
        #expect(bench.state(run, "list") == .failed)
        #expect(
            bench.row(run, "list")?.reason?.hasPrefix("tasks are mapped over the output of list, which ") == true)
        #expect(bench.database.outputs == [])
    }

    @Test func `a large output decides nothing`() {
        var bench = CoreBench()
        let run = bench.run([TaskDocument(id: "branch", kind: .branch), .author("a", after: ["branch"])])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .kept(LargeOutput(size: 100_000, sha256: "abc", listLength: 3)))
        bench.settle()
        #expect(bench.state(run, "branch") == .failed)
        #expect(
            bench.row(run, "branch")?.reason
                == "the output of branch, which decides what is downstream, has 100000 bytes; at most 65536 are read")
    }

    @Test func `a list is mapped over, and the instance that stood for the tasks goes`() {
        var bench = CoreBench()
        let mapped = TaskDocument(
            id: "each", kind: .author, upstream: ["list"], inputs: [TaskInput(task: "list", kind: .element)])
        let run = bench.run([.author("list"), mapped])
        bench.join(.one, slots: 8)
        bench.end(bench.settle().dispatched[0], .success(output: Array("[1,2,3]".utf8)))
        #expect(bench.settle().dispatched.map(\.mapIndex) == [0, 1, 2])
        #expect(bench.row(run, "each") == nil)
        #expect(bench.row(run, "list")?.listLength == 3)
        #expect(bench.database.problems == [])
    }

    @Test func `what is mapped over and is no list fails the task`() {
        var bench = CoreBench()
        let mapped = TaskDocument(
            id: "each", kind: .author, upstream: ["list"], inputs: [TaskInput(task: "list", kind: .element)])
        let run = bench.run([.author("list"), mapped])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .success(output: Array("7".utf8)))
        bench.settle()
        #expect(bench.state(run, "list") == .failed)
        #expect(bench.state(run, "each") == .upstreamFailed)
    }
}
