import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Attempts that give their slot back and go on later.
struct SuspensionTests {
    private func bench(
        _ tasks: [TaskDocument] = [.author("a")], _ suspension: (Moment) -> Suspension
    ) -> (bench: CoreBench, run: Int64) {
        var bench = CoreBench()
        let run = bench.run(tasks)
        bench.join(.one)
        let suspension = suspension(bench.now)
        bench.end(bench.settle().dispatched[0], .suspended(suspension))
        bench.settle()
        return (bench, run)
    }

    @Test func `a suspended attempt frees its slot, and goes on with what it saved, in the same try`() {
        var (bench, run) = bench([.author("a"), .author("b")]) {
            Suspension(.time, until: $0.wall + .seconds(60), saved: "{\"job\":7}")
        }
        #expect(bench.state(run, "a") == .deferred)
        #expect(bench.state(run, "b") == .queued)
        let first = bench.row(run, "a")?.startedAt
        bench.end(AttemptSpec(bench.row(run, "b")))
        bench.pass(.seconds(59))
        _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        #expect(bench.settle().tasks == [])
        bench.pass(.seconds(1))
        let spec = bench.settle().dispatched[0]
        #expect(spec.taskID == "a")
        #expect(spec.tryNumber == 1)
        #expect(spec.resumption?.suspension.saved == "{\"job\":7}")
        #expect(spec.resumption?.cause == .time)
        #expect(spec.firstStartedAt == first?.microseconds)
        bench.end(spec)
        bench.settle()
        #expect(bench.database.runs[run]?.state == .success)
        #expect(bench.row(run, "a")?.wait == nil)
        let attempts = (bench.database.attempts[run] ?? []).filter { $0.taskID == "a" }
        #expect(attempts.map(\.state) == [.deferred, .success])
        #expect(attempts.map(\.tryNumber) == [1, 1])
    }

    @Test func `a sensor that is rescheduled counts its looks`() {
        var (bench, run) = bench { Suspension(.poke, until: $0.wall + .seconds(5)) }
        #expect(bench.state(run, "a") == .upForReschedule)
        for number in 1...3 {
            bench.pass(.seconds(5))
            let spec = bench.settle().dispatched[0]
            #expect(spec.resumption?.number == number)
            bench.end(spec, .suspended(Suspension(.poke, until: bench.now.wall + .seconds(5))))
            bench.settle()
        }
        #expect(bench.row(run, "a")?.tryNumber == 1)
    }

    @Test func `the next leader goes on waiting, and wakes what was due meanwhile at once`() {
        for passed in [4, 400] {
            var (bench, _) = bench { Suspension(.time, until: $0.wall + .seconds(10), saved: "1") }
            bench.pass(.seconds(passed))
            bench.takeOver()
            bench.join(.one)
            let early = bench.settle().dispatched
            #expect(early.count == (passed > 10 ? 1 : 0))
            bench.pass(.seconds(6))
            #expect((early + bench.settle().dispatched).map(\.resumption?.suspension.saved) == ["1"])
        }
    }

    @Test func `a run that is read again wakes its waits once`() {
        var (bench, run) = bench { Suspension(.time, until: $0.wall + .seconds(10)) }
        for _ in 0..<3 {
            bench.database.annotate(run)
            bench.leader.staleRuns.insert(run)
            bench.settle()
        }
        bench.pass(.seconds(10))
        _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        #expect(bench.settle().tasks == ["a"])
    }

    @Test func `an event that does not come fails the try, or lets it go on and say so`() {
        var (failing, run) = bench([.author("a", retries: 1, delay: 1)]) {
            Suspension(.event(key: "job/7"), until: $0.wall + .seconds(10), saved: "1")
        }
        failing.pass(.seconds(10))
        failing.settle()
        #expect(failing.state(run, "a") == .upForRetry)
        #expect(failing.row(run, "a")?.reason?.hasPrefix("event job/7 did not come until ") == true)
        failing.pass(.seconds(1))
        let again = failing.settle().dispatched[0]
        #expect(again.tryNumber == 2)
        #expect(again.resumption == nil)
        var (goingOn, _) = bench {
            Suspension(.event(key: "job/7"), until: $0.wall + .seconds(10), failsAtDeadline: false)
        }
        goingOn.pass(.seconds(10))
        #expect(goingOn.settle().dispatched.map(\.resumption?.cause) == [.deadline])
    }

    @Test func `a question that nobody answers has its defaults, or fails`() {
        for defaults in [["no"], []] {
            let request = InputRequest(subject: "Publish?", options: ["yes", "no"], defaults: defaults)
            var (bench, run) = bench { Suspension(.person(request), until: $0.wall + .seconds(10)) }
            #expect(bench.state(run, "a") == .awaitingInput)
            bench.pass(.seconds(10))
            let dispatched = bench.settle().dispatched
            if defaults.isEmpty {
                #expect(bench.state(run, "a") == .failed)
            } else {
                let answer = InputAnswer(chosen: ["no"], by: nil, at: bench.now.wall)
                #expect(dispatched.map(\.resumption?.cause) == [.answer(answer)])
            }
        }
    }

    @Test func `a worker that is lost after a wait costs the wait nothing`() {
        var (bench, run) = bench { Suspension(.time, until: $0.wall + .seconds(1), saved: "\"job 7\"") }
        bench.pass(.seconds(1))
        bench.end(bench.settle().dispatched[0], .lost)
        let again = bench.settle().dispatched[0]
        #expect(again.resumption?.suspension.saved == "\"job 7\"")
        #expect(bench.row(run, "a")?.losses == 1)
    }

    @Test func `cancelling the run ends what waits, and nothing wakes it`() {
        var (bench, run) = bench { Suspension(.time, until: $0.wall + .seconds(10)) }
        bench.database.cancel(run)
        bench.leader.staleRuns.insert(run)
        bench.settle()
        #expect(bench.state(run, "a") == .skipped)
        #expect(bench.database.runs[run]?.state == .failed)
        bench.pass(.seconds(10))
        #expect(bench.settle().tasks == [])
        #expect(bench.core.waiting.isEmpty)
    }

    @Test func `a waiting instance that is cleared begins anew, one that is marked is over`() {
        var (cleared, run) = bench { Suspension(.time, until: $0.wall + .seconds(10), saved: "1") }
        let now = cleared.now.wall
        cleared.database.change(run) { _ = $0.clear([InstanceKey(task: 0)], now: now) }
        cleared.leader.staleRuns.insert(run)
        let again = cleared.settle().dispatched[0]
        #expect(again.resumption == nil)
        #expect(again.tryNumber == 2)
        var (marked, other) = bench { Suspension(.time, until: $0.wall + .seconds(10)) }
        marked.database.change(other) { _ = $0.mark([InstanceKey(task: 0)], as: .success, now: now) }
        marked.leader.staleRuns.insert(other)
        marked.settle()
        #expect(marked.database.runs[other]?.state == .success)
        marked.pass(.seconds(10))
        #expect(marked.settle().tasks == [])
    }

    @Test func `what waits takes slots of a pool that counts what is deferred, and of no other`() {
        for counts in [true, false] {
            var bench = CoreBench()
            bench.core.poolsChanged(["narrow": PoolSize(slots: 1, includeDeferred: counts)])
            let run = bench.run([.author("a", pool: "narrow"), .author("b", pool: "narrow")])
            bench.join(.one, slots: 4)
            let suspension = Suspension(.time, until: bench.now.wall + .seconds(10))
            bench.end(bench.settle().dispatched[0], .suspended(suspension))
            #expect(bench.settle().tasks == (counts ? [] : ["b"]))
            guard counts else { continue }
            bench.pass(.seconds(10))
            bench.end(bench.settle().dispatched[0])
            #expect(bench.settle().tasks == ["b"])
            #expect(bench.state(run, "a") == .success)
        }
    }

    @Test func `what waits counts against the limit on active instances of its task`() {
        var bench = CoreBench()
        var task = TaskDocument.author("a")
        task.mappedCount = 2
        task.limits.maxActiveTisPerDagrun = 1
        _ = bench.run([task])
        bench.join(.one, slots: 4)
        let spec = bench.settle().dispatched[0]
        bench.end(spec, .suspended(Suspension(.event(key: "k"), until: nil)))
        let effects = bench.settle()
        #expect(effects.tasks == [])
        #expect(effects.events == ["k"])
    }

    @Test func `a task that only waits for a time needs no worker`() {
        var bench = CoreBench()
        let fields = JSONValue.object(["delay": .int(30)])
        let wait = TaskDocument(id: "wait", kind: .builtIn(type: TimeWait.operatorType, fields: fields), retries: 0)
        let run = bench.run([wait, .author("after", after: ["wait"])])
        bench.settle()
        #expect(bench.state(run, "wait") == .deferred)
        bench.takeOver()
        bench.pass(.seconds(29))
        bench.settle()
        #expect(bench.state(run, "wait") == .deferred)
        bench.pass(.seconds(1))
        bench.settle()
        #expect(bench.state(run, "wait") == .success)
        #expect(bench.state(run, "after") == .scheduled)
    }

    @Test func `what nobody can wait for is a failure that says so`() {
        let (large, run) = bench { _ in
            Suspension(.event(key: "k"), until: nil, saved: String(repeating: "1", count: 20_000))
        }
        #expect(large.state(run, "a") == .failed)
        #expect(
            large.row(run, "a")?.reason?.hasPrefix("the attempt keeps 20000 bytes while it waits; at most 16384")
                == true)
    }
}

extension AttemptSpec {
    /// The part of a spec that a result has to name.
    fileprivate init(_ row: InstanceRecord?) {
        self.init(
            id: AttemptID(rawValue: row?.attempt ?? 0), token: AttemptToken(bytes: row?.token ?? []), dagID: "",
            runID: "",
            taskID: row?.taskID ?? "", mapIndex: -1, tryNumber: 1, logicalDate: nil, dataIntervalStart: nil,
            dataIntervalEnd: nil, params: [], artifact: "", files: "", documentHash: "", work: .author, inputs: [],
            executionTimeout: nil)
    }
}
