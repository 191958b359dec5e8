import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// Backfills through the real scheduler, PostgreSQL and worker.
@Suite(.timeLimit(.minutes(3)))
struct BackfillEndToEndTests {
    private static let first = Instant(Day(2026, 1, 1), hour: 3)

    /// A DAG whose own schedule asks for no run for a long time.
    private func document(_ tasks: [TaskDocument] = [TaskDocument(id: "a"), TaskDocument(id: "b", upstream: ["a"])])
        -> DAGDocument
    {
        DAGDocument(
            id: "nightly", schedule: .cron("0 3 * * *", timezone: "UTC"), start: Instant(Day(2099, 1, 1)), tasks: tasks)
    }

    private func create(
        _ bundle: SchedulerBundle, _ dag: String, days: Int, _ change: (inout BackfillSpec) -> Void = { _ in }
    ) async throws -> BackfillRecord {
        let record = try #require(try await bundle.store.dag(dag))
        let version = try #require(try await bundle.store.version(record.versionID))
        var spec = BackfillSpec(from: Self.first, to: Self.first + .seconds(86_400 * (days - 1)))
        change(&spec)
        let timetable = try Timetable(version.document.schedule) { _ in .utc }
        let states = try await bundle.store.runStates(dagID: dag, from: spec.from, to: spec.to)
        let dates = try spec.dates(of: version.document, timetable: timetable, now: .now)
            .map { (run: $0, action: spec.reprocess.action(on: states[$0.logicalDate])) }
        return try await bundle.store.createBackfill(
            NewBackfill(version: version, spec: spec, dates: dates, triggeredBy: "test"), now: .now)
    }

    /// Looks at a backfill again and again until it is as it should be; gives up after a minute.
    @discardableResult
    private func until(
        _ bundle: SchedulerBundle, _ id: Int64, _ isSo: (BackfillRecord, BackfillProgress) -> Bool
    ) async throws -> BackfillProgress {
        for _ in 0..<6_000 {
            // The record first: what it says is true of the progress that is read after it.
            let record = try #require(try await bundle.store.backfill(id))
            let progress = try await bundle.store.backfillProgress([id])[id] ?? BackfillProgress()
            if isSo(record, progress) { return progress }
            try await bundle.loop.sleep(for: .milliseconds(10))
        }
        let progress = try await bundle.store.backfillProgress([id])[id]
        Issue.record("backfill \(id) did not get there: \(String(describing: progress))")
        return BackfillProgress()
    }

    @Test func `all dates of a range run, no more at once than asked for`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(document())
        let backfill = try await create(bundle, dag, days: 31) { $0.maxActiveRuns = 4 }
        var most = 0
        let progress = try await until(bundle, backfill.id) { record, progress in
            most = max(most, progress.running)
            return record.completedAt != nil
        }
        #expect(most <= 4)
        #expect(progress.success == 31 && progress.total == 31)
        let run = try #require(try await bundle.store.run(dagID: dag, runID: "backfill__2026-01-31T03:00:00+00:00"))
        #expect(run.backfill == BackfillPlace(id: backfill.id, ordinal: 31) && run.type == .backfill)
        await bundle.stop()
    }

    @Test func `bodies see the dates and parameters of their runs, and runs begin again on the newest version`()
        async throws
    {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        func source(_ verdict: String) -> String {
            """
            import DAGKit

            @main
            struct Daily: DAG {
                let schedule = Schedule.cron("0 3 * * *", timezone: "UTC")
                let start = Day(2099, 1, 1)
                struct Params: DAGParams { var scale = 1 }

                func body() {
                    let read = task("read") { context in context.ds ?? "" }
                    task("scale", read) { context, day in
                        \(verdict)
                        return "\\(day) x \\(try context.params(Params.self).scale)"
                    }
                }
            }
            """
        }
        let dag = try await bundle.publish(source("if day == \"2026-01-02\" { throw FailTask(\"a bad day\") }"))
        let first = try await create(bundle, dag, days: 3) { spec in
            spec.params = ["scale": .int(7)]
            spec.isReversed = true
        }
        let ended = try await until(bundle, first.id) { record, _ in record.completedAt != nil }
        #expect(ended.success == 2 && ended.failed == 1)
        let good = try #require(try await bundle.store.run(dagID: dag, runID: "backfill__2026-01-03T03:00:00+00:00"))
        #expect(try await bundle.store.output(run: good.id, taskID: "scale") == "\"2026-01-03 x 7\"")
        #expect(good.backfill?.ordinal == 1)

        _ = try await bundle.publish(source(""))
        let again = try await create(bundle, dag, days: 3) { $0.reprocess = .failed }
        let repaired = try await until(bundle, again.id) { record, _ in record.completedAt != nil }
        #expect(repaired.success == 1 && repaired.skipped == 2)
        let bad = try #require(try await bundle.store.run(dagID: dag, runID: "backfill__2026-01-02T03:00:00+00:00"))
        #expect(try await bundle.store.output(run: bad.id, taskID: "scale") == "\"2026-01-02 x 7\"")
        #expect(bad.state == .success && bad.versionID == again.versionID && bad.versionID != first.versionID)
        let tries = try await bundle.store.instance(run: bad.id, taskID: "scale", mapIndex: -1)?.tryNumber
        #expect(tries == 2)
        worker.stop()
        await bundle.stop()
    }

    @Test func `only the chosen tasks run, and in a run that begins again they get the old outputs`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Parts: DAG {
                let schedule = Schedule.cron("0 3 * * *", timezone: "UTC")
                let start = Day(2099, 1, 1)

                func body() {
                    let read = task("read") { context in context.tryNumber }
                    let scale = task("scale", read) { context, value in value * 100 + context.tryNumber }
                    let other = task("other") { _ in }
                    let report = task("report") { _ in }
                    [scale, other] >> report
                }
            }
            """)
        let whole = try await create(bundle, dag, days: 1)
        try await until(bundle, whole.id) { record, _ in record.completedAt != nil }
        let part = try await create(bundle, dag, days: 1) { spec in
            spec.reprocess = .completed
            spec.taskIDs = ["scale"]
        }
        try await until(bundle, part.id) { record, _ in record.completedAt != nil }
        let run = try #require(try await bundle.store.run(dagID: dag, runID: "backfill__2026-01-01T03:00:00+00:00"))
        #expect(run.state == .success && run.backfill?.id == part.id)
        #expect(try await bundle.store.output(run: run.id, taskID: "scale") == "102")
        let tries = try await bundle.store.instances(run: run.id).map(\.tryNumber)
        #expect(tries.sorted() == [1, 1, 1, 2])

        let new = try await create(bundle, dag, days: 2) { $0.taskIDs = ["report"] }
        try await until(bundle, new.id) { record, _ in record.completedAt != nil }
        let fresh = try #require(try await bundle.store.run(dagID: dag, runID: "backfill__2026-01-02T03:00:00+00:00"))
        #expect(fresh.state == .success)
        #expect(
            try await bundle.states(fresh)
                == ["read": .skipped, "scale": .skipped, "other": .skipped, "report": .success])
        worker.stop()
        await bundle.stop()
    }

    @Test func `runs wait while their DAG or their backfill is paused`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(document())
        _ = try await bundle.store.setPaused(dag, true, now: .now)
        let backfill = try await create(bundle, dag, days: 8) { $0.maxActiveRuns = 3 }
        try await until(bundle, backfill.id) { _, progress in progress.queued == 3 }
        _ = try await bundle.store.setBackfillPaused(backfill.id, true, now: .now)
        _ = try await bundle.store.setPaused(dag, false, now: .now)
        // A run of the DAG's own tells that the scheduler has seen both.
        let own = try await bundle.finished(try await bundle.trigger(dag))
        #expect(own.state == .success)
        let held = try await until(bundle, backfill.id) { _, _ in true }
        #expect(held.queued == 3 && held.waiting == 5)
        _ = try await bundle.store.setBackfillPaused(backfill.id, false, now: .now)
        let progress = try await until(bundle, backfill.id) { record, _ in record.completedAt != nil }
        #expect(progress.success == 8)
        await bundle.stop()
    }

    @Test func `a cancelled backfill drops runs that have not begun, and lets the others end`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(
            document([TaskDocument(id: "work", kind: .author), TaskDocument(id: "after", upstream: ["work"])]))
        let running = try await create(bundle, dag, days: 5) { $0.maxActiveRuns = 2 }
        try await until(bundle, running.id) { _, progress in progress.running == 2 }
        _ = try await bundle.store.setPaused(dag, true, now: .now)
        let waiting = try await create(bundle, dag, days: 1) { spec in
            spec.from = Instant(Day(2026, 2, 1), hour: 3)
            spec.to = Instant(Day(2026, 2, 2), hour: 3)
        }
        try await until(bundle, waiting.id) { _, progress in progress.queued == 2 }
        for id in [running.id, waiting.id] { _ = try await bundle.store.cancelBackfill(id, now: .now) }
        let dropped = try await until(bundle, waiting.id) { _, progress in progress.failed == 2 }
        #expect(dropped.total == 2)
        let left = try await until(bundle, running.id) { _, _ in true }
        #expect(left.running == 2 && left.skipped == 3)
        await bundle.stop()
    }

    @Test func `a paused backfill whose runs are all made is complete when they have ended, also after a takeover`()
        async throws
    {
        let cluster = try await Cluster()
        let dag = try await cluster.bundle.publish(document([TaskDocument(id: "work", kind: .author)]))
        try cluster.startScheduler("a")
        let leader = try await cluster.leader()
        let backfill = try await create(cluster.bundle, dag, days: 2)
        try await until(cluster.bundle, backfill.id) { _, progress in progress.running == 2 }
        _ = try await cluster.store.setBackfillPaused(backfill.id, true, now: .now)
        cluster.signal(cluster.schedulers[leader.name], SIGKILL)
        try cluster.startScheduler("b")
        _ = try await cluster.leader(after: leader.epoch)
        for date in try await cluster.store.backfillDates(backfill.id, limit: 2, offset: 0) {
            let runID = try #require(date.runID)
            let run = try #require(try await cluster.store.run(dagID: dag, runID: runID))
            try await cluster.store.changeRun(run.id, now: .now) { $0.mark(.success, reason: "marked", now: .now) }
        }
        let progress = try await until(cluster.bundle, backfill.id) { record, _ in record.completedAt != nil }
        #expect(progress.success == 2)
        try await cluster.close()
    }

    @Test func `a DAG that is gone gets no new runs`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(document())
        _ = try await bundle.store.setPaused(dag, true, now: .now)
        let backfill = try await create(bundle, dag, days: 6) { $0.maxActiveRuns = 2 }
        try await until(bundle, backfill.id) { _, progress in progress.queued == 2 }
        try await bundle.store.retireDAGs(bundle: "test", keeping: [], now: .now)
        _ = try await bundle.store.setPaused(dag, false, now: .now)
        try await until(bundle, backfill.id) { _, progress in progress.success == 2 }
        let other = try await bundle.finished(try await bundle.trigger(dag))
        #expect(other.state == .success)
        let held = try await until(bundle, backfill.id) { _, _ in true }
        #expect(held.waiting == 4)
        _ = try await bundle.publish(document())
        let progress = try await until(bundle, backfill.id) { record, _ in record.completedAt != nil }
        #expect(progress.success == 6)
        await bundle.stop()
    }

    @Test func `a backfill goes on after its scheduler was killed`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.bundle.publish(
            document((0..<40).map { TaskDocument(id: "t\($0)", upstream: $0 == 0 ? [] : ["t\($0 - 1)"]) }))
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let leader = try await cluster.leader()
        let backfill = try await create(cluster.bundle, dag, days: 100) { $0.maxActiveRuns = 5 }
        try await until(cluster.bundle, backfill.id) { _, progress in progress.success >= 10 }
        cluster.signal(cluster.schedulers[leader.name], SIGKILL)
        let progress = try await until(cluster.bundle, backfill.id) { record, _ in record.completedAt != nil }
        #expect(progress.success == 100 && progress.total == 100)
        let dates = try await cluster.store.backfillDates(backfill.id, limit: 200, offset: 0)
        #expect(Set(dates.compactMap(\.runID)).count == 100)
        try await cluster.close()
    }
}
