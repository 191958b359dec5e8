import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// Limits on whole runs, by the real scheduler, PostgreSQL and worker.
@Suite struct RunLimitEndToEndTests {
    @Test func `a run over its dagrunTimeout is stopped, and its processes are gone`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Slow: DAG {
                let dagrunTimeout: Duration? = .seconds(40)
                func body() {
                    let quick = task("quick") { _ in }
                    let slow = task("slow") { _ in try await Task.sleep(for: .seconds(600)) }
                    chain(quick, slow, task("after", triggerRule: .allDone) { _ in })
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        let process = try #require(try await bundle.instance(run, "slow") { $0.pid != nil && $0.state == .running }.pid)
        #expect(try await bundle.finished(run).state == .failed)
        #expect(try await bundle.states(run) == ["quick": .success, "slow": .skipped, "after": .skipped])
        let reason = try await bundle.store.instance(run: run.id, taskID: "slow", mapIndex: -1)?.reason
        #expect(reason == "the run took longer than its dagrunTimeout of 40.0 s")
        while kill(pid_t(process), 0) == 0 { try await bundle.loop.sleep(for: .milliseconds(10)) }
        worker.stop()
        await bundle.stop()
    }

    @Test func `a DAG is paused after so many failed runs in a row, and its next run waits`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Broken: DAG {
                let maxConsecutiveFailedRuns = 2
                func body() { task("bad") { _ in throw FailTask("always") } }
            }
            """)
        for number in 1...2 { _ = try await bundle.finished(try await bundle.trigger(dag, "manual__\(number)")) }
        let record = try #require(try await bundle.store.dag(dag))
        #expect(record.isPaused)
        #expect(
            record.pauseReason
                == "its last 2 runs failed, the newest is manual__2; once that is repaired: dagctl dags unpause broken")
        let third = try await bundle.trigger(dag, "manual__3")
        #expect(try await bundle.store.run(id: third.id)?.state == .queued)
        _ = try await bundle.store.setPaused(dag, false, now: .now)
        #expect(try await bundle.finished(third).state == .failed)
        worker.stop()
        await bundle.stop()
    }

    @Test func `a task waits for itself in the run before until a person marks that as a success`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Past: DAG {
                let defaultArgs = DefaultArgs(dependsOnPast: true)
                func body() {
                    task("load") { context in if context.runID == "1" { throw FailTask("broken") } }
                    task("free") { _ in }.dependsOnPast(false)
                }
            }
            """)
        let version = try #require(try await bundle.store.dag(dag)).versionID
        func run(_ day: Int) async throws -> RunRecord {
            try await bundle.store.createRun(
                NewRun(
                    dagID: dag, runID: "\(day)", versionID: version, type: .scheduled,
                    logicalDate: Instant(Day(2026, 1, day)), dataIntervalStart: nil, dataIntervalEnd: nil,
                    runAfter: .now,
                    params: "{}", triggeredBy: "test"), now: .now)
        }
        let first = try await bundle.finished(try await run(1))
        #expect(first.state == .failed)
        let (second, third) = (try await run(2), try await run(3))
        for run in [second, third] { _ = try await bundle.instance(run, "free") { $0.state == .success } }
        let waiting = try await bundle.instance(second, "load") { $0.reason != nil }
        #expect(waiting.state == .none)
        #expect(waiting.reason == "waits for task load of the run before, 1, to end as success or skipped")
        try await bundle.store.changeRun(first.id, now: .now) { stored in
            let load = InstanceSelection(tasks: [.init("load")])
            _ = stored.mark(stored.plan.instances(chosenBy: load), as: .success, now: .now)
        }
        #expect(try await bundle.finished(third).state == .success)
        #expect(try await bundle.finished(second).state == .success)
        let ends = (
            try await bundle.store.instance(run: second.id, taskID: "load", mapIndex: -1)?.endedAt,
            try await bundle.store.instance(run: third.id, taskID: "load", mapIndex: -1)?.startedAt
        )
        #expect(try #require(ends.0) <= #require(ends.1))
        worker.stop()
        await bundle.stop()
    }
}
