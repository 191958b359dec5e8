import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// What DAG files can ask for, one thing at a time, by the real scheduler, PostgreSQL and worker.
@Suite struct FeatureEndToEndTests {
    @Test func `only the failures that a task names are tried again`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            struct Throttled: Error {}
            struct Forbidden: Error {}

            @main
            struct Retrying: DAG {
                let defaultArgs = DefaultArgs(retries: 2, retryDelay: .seconds(0), neverRetryOn: [.error("Forbidden")])
                func body() {
                    task("throttled") { context in if context.tryNumber < 3 { throw Throttled() } }
                        .retried(on: [.error("Throttled")])
                    task("forbidden") { _ in throw Forbidden() }
                    task("final") { _ in throw FailTask("no") }
                    task("busy", Shell("exit 75")).retried(on: [.exitCode(75), .timeout])
                    task("wrong", Shell("exit 64")).retried(on: [.exitCode(75), .timeout])
                    task("slow", executionTimeout: .milliseconds(200)) { context in
                        if context.tryNumber == 1 { try await Task.sleep(for: .seconds(600)) }
                    }.retried(on: [.timeout])
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(
            try await bundle.states(run) == [
                "throttled": .success, "forbidden": .failed, "final": .failed, "busy": .failed, "wrong": .failed,
                "slow": .success,
            ])
        func attempts(_ task: String) async throws -> [AttemptRecord] {
            try await bundle.store.attempts(run: run.id, taskID: task, mapIndex: -1)
        }
        #expect(try await attempts("throttled").map(\.cause) == ["task", "task", nil])
        #expect(try await attempts("forbidden").map(\.reason) == ["Forbidden(); not tried again: never on Forbidden"])
        #expect(try await attempts("final").map(\.cause) == ["final"])
        #expect(try await attempts("busy").map(\.exitCode) == [75, 75, 75])
        let wrong = try await attempts("wrong")
        #expect(wrong.count == 1)
        #expect(wrong.first?.reason?.hasSuffix("not tried again: only on exit code 75, a timeout") == true)
        #expect(try await attempts("slow").map(\.cause) == ["timeout", nil])
        worker.stop()
        await bundle.stop()
    }

    @Test func `a worker that dies costs no retry, and the history says that it was lost`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Lost: DAG {
                func body() {
                    task("a") { context in if context.tryNumber == 1 { try await Task.sleep(for: .seconds(600)) } }
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        _ = try await bundle.instance(run, "a") { $0.state == .running }
        worker.kill()
        // One of the same name and folder says that its predecessor is gone.
        let next = try bundle.startWorker()
        #expect(try await bundle.finished(run).state == .success)
        let attempts = try await bundle.store.attempts(run: run.id, taskID: "a", mapIndex: -1)
        #expect(attempts.map(\.cause) == ["infrastructure", nil])
        #expect(try await bundle.store.instance(run: run.id, taskID: "a", mapIndex: -1)?.losses == 1)
        next.stop()
        await bundle.stop()
    }

    @Test func `the tasks of a pool with one slot run one after the other`() async throws {
        let bundle = try await SchedulerBundle()
        try await bundle.store.changePools { pools in
            pools["gpu"] = PoolRecord(name: "gpu", slots: 1, description: nil, includeDeferred: false)
        }
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Pooled: DAG {
                func body() {
                    task("train", each: [1, 2, 3]) { _, _ in try await Task.sleep(for: .milliseconds(100)) }.limited(pool: "gpu")
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        var times: [(Instant, Instant)] = []
        for index in 0..<3 {
            let attempt = try #require(
                try await bundle.store.attempts(run: run.id, taskID: "train", mapIndex: index).first)
            times.append((try #require(attempt.startedAt), attempt.endedAt))
        }
        times.sort { $0.0 < $1.0 }
        for (one, next) in zip(times, times.dropFirst()) { #expect(one.1 <= next.0) }
        worker.stop()
        await bundle.stop()
    }

    @Test func `an old scheduled run stops at latestOnly, and the newest goes on`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Newest: DAG {
                let schedule = Schedule.cronIntervals("0 0 1 1 *")
                let isPausedUponCreation = true
                func body() {
                    let after = task("after", triggerRule: .allDone) { _ in }
                    let publish = task("publish") { _ in }
                    chain(latestOnly("newest"), publish, after)
                }
            }
            """)
        let version = try #require(try await bundle.store.dag(dag)).versionID
        func run(_ year: Int) async throws -> RunRecord {
            let (start, end) = (Instant(Day(year, 1, 1)), Instant(Day(year + 1, 1, 1)))
            return try await bundle.store.createRun(
                NewRun(
                    dagID: dag, runID: "scheduled__\(year)", versionID: version, type: .scheduled, logicalDate: start,
                    dataIntervalStart: start, dataIntervalEnd: end, runAfter: end, params: "{}", triggeredBy: "test"),
                now: .now)
        }
        let thisYear = try #require(Int(Instant.now.iso8601.prefix(4)))
        let (old, newest) = (try await run(thisYear - 4), try await run(thisYear - 1))
        _ = try await bundle.store.setPaused(dag, false, now: .now)
        #expect(
            try await bundle.states(try await bundle.finished(old)) == [
                "newest": .success, "publish": .skipped, "after": .success,
            ])
        #expect(
            try await bundle.states(try await bundle.finished(newest)) == [
                "newest": .success, "publish": .success, "after": .success,
            ])
        worker.stop()
        await bundle.stop()
    }

    @Test func `a DAG that fails fast stops what runs, skips the rest, and still tears down`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Hasty: DAG {
                let failFast = true
                func body() {
                    let cluster = task("create") { _ in "c" }.asSetup()
                    let slow = task("slow", cluster) { _, _ in try await Task.sleep(for: .seconds(600)) }
                    let bad = task("bad", cluster) { _, _ in throw FailTask("broken") }
                    let later = task("later") { _ in }
                    let delete = task("delete", cluster) { _, cluster in print(cluster) }.asTeardown(setups: cluster)
                    chain(slow, later, delete)
                    bad >> delete
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .failed)
        #expect(
            try await bundle.states(run) == [
                "create": .success, "slow": .failed, "bad": .failed, "later": .skipped, "delete": .success,
            ])
        worker.stop()
        await bundle.stop()
    }
}
