import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// What is put into the outbox, and how calls end.
struct CallbackTests {
    private func task(
        _ id: String, after upstream: [String] = [], retries: Int = 0,
        _ callbacks: [CallbackKind] = CallbackKind.allCases
    ) -> TaskDocument {
        var task = TaskDocument.author(id, after: upstream, retries: retries)
        task.callbacks = callbacks
        return task
    }

    /// A run of a DAG whose runs have callbacks too.
    private func run(_ tasks: [TaskDocument], limits: DAGLimits = DAGLimits(), _ bench: inout CoreBench) -> Int64 {
        var document = DAGDocument(id: "dag", tasks: tasks)
        document.callbacks = [.failure, .success]
        document.limits = limits
        let id = bench.database.createRun(document, runAfter: bench.now.wall)
        bench.leader.staleRuns.insert(id)
        return id
    }

    @Test func `a retry and the final failure are two events, and the run's failure a third`() {
        var bench = CoreBench()
        _ = run([task("a", retries: 1)], &bench)
        bench.join(.one)
        let first = bench.settle().dispatched[0]
        bench.end(first, .failure)
        bench.settle()
        bench.pass(.seconds(10))
        let second = bench.settle().dispatched[0]
        bench.end(second, .failure)
        bench.settle()
        let events = bench.database.callbacks.map(\.event)
        #expect(events.map(\.kind) == [.retry, .failure, .failure])
        #expect(events.map(\.taskID) == ["a", "a", nil])
        #expect(events.map(\.state) == ["up_for_retry", "failed", "failed"])
        #expect(events.map(\.reason) == ["it failed", "it failed", "task_failure"])
        #expect(events.map(\.tryNumber) == [1, 2, 0])
        #expect(events.map(\.attempt) == [first.id.rawValue, second.id.rawValue, nil])
        #expect(Set(events.map(\.dedupeKey)).count == 3)
    }

    @Test func `success and a skip by the body are events, what a rule decides is none`() {
        var bench = CoreBench()
        _ = run([task("a"), task("b"), task("c", after: ["b"]), task("d", after: ["a"])], &bench)
        bench.join(.one, slots: 2)
        let specs = bench.settle().dispatched
        bench.end(specs[0], .success(output: []))
        bench.end(specs[1], .skipped(reason: "nothing new"))
        bench.end(bench.settle().dispatched[0])
        bench.settle()
        let events = bench.database.callbacks.map(\.event)
        #expect(events.map(\.kind) == [.success, .skipped, .success, .success])
        #expect(events.map(\.taskID) == ["a", "b", "d", nil])
        #expect(events.last?.reason == "success")
    }

    @Test func `upstream_failed has no callback`() {
        var bench = CoreBench()
        _ = run([task("a", []), task("b", after: ["a"])], &bench)
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        #expect(bench.database.callbacks.map(\.event.taskID) == [nil])
    }

    @Test func `a task that needs no process has a callback too`() {
        var bench = CoreBench()
        var empty = TaskDocument(id: "a", kind: .empty)
        empty.callbacks = [.success]
        _ = run([empty], &bench)
        bench.settle()
        #expect(bench.database.callbacks.map(\.event.taskID) == ["a", nil])
        #expect(bench.database.callbacks.map(\.event.attempt) == [nil, nil])
    }

    @Test func `a lost worker is a retry with its reason`() {
        var bench = CoreBench()
        _ = run([task("a")], &bench)
        bench.join(.one)
        bench.settle()
        bench.pass(.seconds(20))
        bench.settle()
        #expect(bench.database.callbacks.map(\.event.kind) == [.retry])
        #expect(bench.database.callbacks[0].event.reason?.hasPrefix("nothing heard from worker") == true)
    }

    @Test func `a run that takes too long is told of as timed out, one that a person ends is not told of`() {
        var bench = CoreBench()
        var limits = DAGLimits()
        limits.dagrunTimeout = 60
        _ = run([task("a")], limits: limits, &bench)
        let cancelled = run([task("a")], limits: limits, &bench)
        bench.join(.one, slots: 2)
        bench.settle()
        bench.database.cancel(cancelled)
        bench.leader.staleRuns.insert(cancelled)
        bench.settle()
        bench.pass(.seconds(60))
        _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        bench.settle()
        let events = bench.database.callbacks.map(\.event).filter { $0.taskID == nil }
        #expect(events.map(\.reason) == ["timed_out"])
    }

    @Test func `DAGs without callbacks write and do nothing for them`() {
        var bench = CoreBench()
        _ = bench.run([.author("a"), .author("b")])
        bench.join(.one, slots: 2)
        for spec in bench.settle().dispatched { bench.end(spec, .failure) }
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        #expect(bench.leader.tick?.writes.callbacks.isEmpty == true)
        #expect(!bench.leader.decided.contains { if case .callCallbacks = $0 { true } else { false } })
    }

    @Test func `calls end, are made again after growing pauses, and are given up`() {
        let rules = CallbackRules()
        let now = Instant(seconds: 0)
        #expect(rules.end(after: .success(output: []), call: 1, now: now) == .success)
        #expect(rules.end(after: .skipped(reason: ""), call: 1, now: now) == .success)
        let pauses = (1...4).map { rules.end(after: .failure, call: $0, now: now) }
        #expect(pauses == [10, 30, 90, 270].map { .again(at: Instant(seconds: $0), error: "it failed") })
        #expect(rules.end(after: .lost, call: 5, now: now) == .failed(error: "a part was lost; given up after 5 calls"))
        let final = AttemptOutcome.failed(AttemptFailure(.final, "no such channel"))
        #expect(rules.end(after: final, call: 1, now: now) == .failed(error: "no such channel"))
    }

    @Test func `a call goes to the worker that makes the fewest, never above the limit`() {
        var bench = CoreBench()
        bench.join(.one)
        bench.join(.two)
        var rules = CallbackRules()
        rules.perWorker = 1
        #expect(bench.core.workerForCallback(rules) == .one)
        bench.begin(1, on: .one)
        #expect(bench.core.workerForCallback(rules) == .two)
        bench.begin(2, on: .two)
        #expect(bench.core.workerForCallback(rules) == nil)
        bench.core.endCall(AttemptID(rawValue: 1))
        #expect(bench.core.workerForCallback(rules) == .one)
    }

    @Test func `a call whose worker is gone is lost, and one that a worker still holds is adopted`() {
        var bench = CoreBench()
        bench.join(.one)
        bench.begin(1, on: .one)
        bench.pass(.seconds(20))
        #expect(bench.settle().lostCalls.count == 1)
        let delivery = bench.delivery
        bench.core.adoptCall(
            delivery, AttemptID(rawValue: 2), AttemptToken(bytes: [2]), worker: "w/0000000000000002", now: bench.now)
        bench.core.adoptCall(
            delivery, AttemptID(rawValue: 3), AttemptToken(bytes: [3]), worker: "w/0000000000000002", now: bench.now)
        let revoked = bench.join(.two, held: [AttemptID(rawValue: 2)])
        #expect(revoked == [])
        #expect(bench.settle().lostCalls == ["worker w/0000000000000002 no longer knows the attempt"])
        #expect(bench.core.delivery(of: AttemptID(rawValue: 2), token: AttemptToken(bytes: [2])) != nil)
        #expect(bench.core.delivery(of: AttemptID(rawValue: 2), token: AttemptToken(bytes: [1])) == nil)
    }
}

extension CoreBench {
    fileprivate var delivery: Delivery {
        let version = VersionRecord(simulated: DAGDocument(id: "dag", tasks: [.author("a")]), id: 1, at: now.wall)
        let event = CallbackEvent(.failure, dedupeKey: "k", taskID: "a", state: "failed", at: now.wall)
        return Delivery(callback: 1, call: 1, event: event, version: PinnedVersion(version))
    }

    fileprivate mutating func begin(_ id: Int64, on worker: WorkerID) {
        let begun = core.beginCall(
            delivery, AttemptID(rawValue: id), AttemptToken(bytes: [UInt8(id)]), on: worker, now: now)
        #expect(begun)
    }
}
