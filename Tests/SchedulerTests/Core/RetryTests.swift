import DAGModel
import Scheduler
import Store
import Testing
import WorkerProtocol

/// Attempts after the first.
struct RetryTests {
    @Test func `a failed attempt is tried again after its delay, not before`() {
        var bench = CoreBench()
        let run = bench.run([.author("a", retries: 1, delay: 10)])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        #expect(bench.row(run, "a")?.retryAt == bench.now.wall + .seconds(10))
        bench.pass(.seconds(9))
        _ = bench.core.heartbeat(.one, held: [], now: bench.now)
        #expect(bench.settle().tasks == [])
        bench.pass(.seconds(1))
        let again = bench.settle()
        #expect(again.dispatched.map(\.tryNumber) == [2])
        bench.end(again.dispatched[0], .failure)
        bench.settle()
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.database.runs[run]?.state == .failed)
        #expect(bench.database.attempts[run]?.map(\.tryNumber) == [1, 2])
    }

    @Test func `a lost worker costs no retry, and the next attempt begins at once`() {
        var bench = CoreBench()
        let run = bench.run([.author("a")])
        bench.join(.one)
        for _ in 0..<RetryPolicy().maxLosses {
            bench.end(bench.settle().dispatched[0], .lost)
            #expect(bench.state(run, "a") == .queued)
        }
        let last = bench.settle()
        #expect(last.dispatched.map(\.tryNumber) == [4])
        bench.end(last.dispatched[0], .lost)
        bench.settle()
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.row(run, "a")?.losses == 4)
        #expect(bench.row(run, "a")?.reason == "a part was lost; that was loss 4, and maxLosses is 3")
        #expect(bench.database.attempts[run]?.map(\.cause) == .init(repeating: "infrastructure", count: 4))
    }

    @Test func `a failure that asks for it is final`() {
        var bench = CoreBench()
        let run = bench.run([.author("a", retries: 3)])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failed(AttemptFailure(.final, "never again")))
        bench.settle()
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.row(run, "a")?.reason == "never again")
    }

    @Test func `the next leader waits for the rest of the delay`() {
        var bench = CoreBench()
        _ = bench.run([.author("a", retries: 1, delay: 10)])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        bench.pass(.seconds(4))
        bench.takeOver()
        bench.join(.one)
        bench.pass(.seconds(5))
        #expect(bench.settle().tasks == [])
        bench.pass(.seconds(1))
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
    }

    @Test func `a run that is read again keeps one timer's worth of retries`() {
        var bench = CoreBench()
        let run = bench.run([.author("a", retries: 1, delay: 10)])
        bench.join(.one, slots: 4)
        bench.end(bench.settle().dispatched[0], .failure)
        bench.settle()
        for _ in 0..<3 {
            bench.database.annotate(run)
            bench.leader.staleRuns.insert(run)
            bench.settle()
        }
        bench.pass(.seconds(10))
        #expect(bench.settle().dispatched.map(\.tryNumber) == [2])
    }

    @Test func `losses have a limit of their own, and retries are counted apart from them`() {
        var task = TaskDocument.author("a", retries: 1, delay: 0)
        task.retryPolicy.maxLosses = 1
        var bench = CoreBench()
        let run = bench.run([task])
        bench.join(.one)
        for outcome in [AttemptOutcome.lost, .failure, .lost] { bench.end(bench.settle().dispatched[0], outcome) }
        bench.settle()
        #expect(bench.state(run, "a") == .failed)
        #expect(bench.database.attempts[run]?.map(\.cause) == ["infrastructure", "task", "infrastructure"])
    }

    @Test(arguments: [
        (AttemptFailure(.timeout, "slow"), true), (AttemptFailure(.task, "busy", exitCode: 75), true),
        (AttemptFailure(.task, "wrong", exitCode: 2), false),
        (AttemptFailure(.task, "?", errorType: "Throttled"), true),
        (AttemptFailure(.task, "?", errorType: "Forbidden"), false),
        (AttemptFailure(.task, "killed", signal: 9), false),
        (AttemptFailure(.timeout, "slow", exitCode: 2), true), (AttemptFailure(.infrastructure, "gone"), true),
    ])
    func `only the causes that a task names are tried again`(failure: AttemptFailure, isRetried: Bool) {
        var task = TaskDocument.author("a", retries: 1, delay: 0)
        task.retryPolicy.on = [.timeout, .exitCode(75), .error("Throttled")]
        expect(task, failure, isRetried)
    }

    @Test(arguments: [
        (AttemptFailure(.task, "wrong", exitCode: 2), false), (AttemptFailure(.task, "other", exitCode: 3), true),
        (AttemptFailure(.final, "FailTask"), false), (AttemptFailure(.timeout, "slow"), true),
    ])
    func `causes that are never tried again end the task`(failure: AttemptFailure, isRetried: Bool) {
        var task = TaskDocument.author("a", retries: 1, delay: 0)
        task.retryPolicy.never = [.exitCode(2)]
        expect(task, failure, isRetried)
    }

    private func expect(_ task: TaskDocument, _ failure: AttemptFailure, _ isRetried: Bool) {
        var bench = CoreBench()
        let run = bench.run([task])
        bench.join(.one)
        bench.end(bench.settle().dispatched[0], .failed(failure))
        bench.settle()
        #expect((bench.state(run, "a") != .failed) == isRetried)
        if !isRetried, failure.cause != .final {
            #expect(bench.row(run, "a")?.reason?.contains("not tried again") == true)
        }
    }
}
