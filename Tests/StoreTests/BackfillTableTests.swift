import DAGModel
import Postgres
import Store
import Testing

/// Backfills on a real database.
struct BackfillTableTests {
    private static let day = 86_400

    /// The runs of so many days.
    private func runs(_ count: Int) -> [DAGRunInfo] {
        (0..<count).map { index in
            let start = Instant(seconds: Int64(index * Self.day))
            return DAGRunInfo(
                runAfter: start + .seconds(Self.day),
                dataInterval: DataInterval(start: start, end: start + .seconds(Self.day)))
        }
    }

    private func version(
        _ bundle: StoreBundle, _ tasks: [TaskDocument] = [TaskDocument(id: "task", kind: .author, retries: 1)]
    )
        async throws -> VersionRecord
    {
        let document = DAGDocument(
            id: "dag",
            params: ParamsDocument(
                schema: .object(["properties": .object(["n": .object(["type": .string("integer")])])]),
                defaults: ["n": .int(1)]), tasks: tasks)
        let id = try await bundle.first.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "\(tasks.count)", files: "",
                fingerprint: "", document: document), now: StoreBundle.now)
        return try #require(try await bundle.first.version(id))
    }

    private func new(_ version: VersionRecord, days: Int, _ change: (inout BackfillSpec) -> Void = { _ in })
        -> NewBackfill
    {
        let runs = runs(days)
        var spec = BackfillSpec(from: runs[0].logicalDate, to: runs[days - 1].logicalDate)
        change(&spec)
        return NewBackfill(
            version: version, spec: spec, dates: runs.map { ($0, .create) }, triggeredBy: "test")
    }

    private func end(_ bundle: StoreBundle, _ run: Int64, _ state: DAGRunState) async throws {
        try await bundle.first.pool.query(
            """
            UPDATE dag_run SET state = \(state.rawValue), started_at = now() - interval '10 s', ended_at = now()
            WHERE id = \(run)
            """)
    }

    @Test func `a backfill is stored as it was asked for`() async throws {
        let bundle = try await StoreBundle()
        let version = try await version(bundle)
        let asked = new(version, days: 3) { spec in
            spec.reprocess = .failed
            spec.isReversed = true
            spec.maxActiveRuns = 2
            spec.params = ["n": .int(5)]
            spec.taskIDs = ["task"]
            spec.movesToVersion = false
        }
        let created = try await bundle.first.createBackfill(asked, now: StoreBundle.now)
        #expect(created.spec == asked.spec)
        #expect(try await bundle.second.backfill(created.id) == created)
        #expect(try await bundle.second.unfinishedBackfills() == [created])
        #expect(try await bundle.second.backfillProgress([created.id])[created.id]?.waiting == 3)
    }

    @Test func `runs are made a few at a time, in order, and nothing is made twice`() async throws {
        let bundle = try await StoreBundle()
        let backfill = try await bundle.first.createBackfill(
            new(try await version(bundle), days: 5) { $0.params = ["n": .int(7)] }, now: StoreBundle.now)
        let first = try await bundle.first.advanceBackfill(backfill.id, by: 2, now: StoreBundle.now)
        #expect(first.runs.count == 2 && !first.isDone)
        async let one = bundle.first.advanceBackfill(backfill.id, by: 2, now: StoreBundle.now)
        async let other = bundle.second.advanceBackfill(backfill.id, by: 2, now: StoreBundle.now)
        let (left, right) = (try await one, try await other)
        #expect(left.runs.count + right.runs.count == 3 && (left.isDone || right.isDone))
        let run = try #require(try await bundle.first.run(id: first.runs[1]))
        #expect(run.runID == "backfill__1970-01-03T00:00:00+00:00" && run.type == .backfill && run.state == .queued)
        #expect(
            run.logicalDate == Instant(seconds: 86_400) && run.params == "{\"n\":7}" && run.triggeredBy == "backfill")
        #expect(run.backfill == BackfillPlace(id: backfill.id, ordinal: 2))
        let dates = try await bundle.first.backfillDates(backfill.id, limit: 10, offset: 0)
        #expect(dates.compactMap(\.runID).count == 5 && dates.allSatisfy { $0.state == .queued })
    }

    @Test func `a run that exists is left alone or begins again in place, on the version of the backfill`() async throws
    {
        let bundle = try await StoreBundle()
        let old = try await version(bundle)
        let begun = try await bundle.first.createBackfill(new(old, days: 3), now: StoreBundle.now)
        let made = try await bundle.first.advanceBackfill(begun.id, by: 3, now: StoreBundle.now).runs
        try await end(bundle, made[0], .success)
        try await end(bundle, made[1], .failed)
        try await bundle.first.pool.query(
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses)
            VALUES (\(made[1]), 'task', 0, 'failed', 2, 1, 0), (\(made[1]), 'task', 1, 'success', 1, 1, 0)
            """)
        try await bundle.first.pool.query(
            "INSERT INTO xcom VALUES (\(made[1]), 'task', 1, 'return_value', 7, '1')")
        _ = try await bundle.first.cancelBackfill(begun.id, now: StoreBundle.now)
        let next = try await version(
            bundle, [TaskDocument(id: "task", kind: .author, retries: 1), TaskDocument(id: "new", kind: .author)])
        let again = try await bundle.first.createBackfill(
            new(next, days: 3) { spec in
                spec.reprocess = .failed
                spec.params = ["n": .int(9)]
            }, now: StoreBundle.now)
        #expect(try await bundle.first.advanceBackfill(again.id, by: 9, now: StoreBundle.now).runs == [made[1]])
        #expect(
            try await bundle.first.backfillDates(again.id, limit: 9, offset: 0).map(\.skip) == [
                .alreadyExists, nil, .inFlight,
            ])
        let run = try #require(try await bundle.first.run(id: made[1]))
        #expect(run.state == .queued && run.versionID == next.id && run.params == "{\"n\":9}" && run.startedAt == nil)
        #expect(run.backfill == BackfillPlace(id: again.id, ordinal: 2))
        let rows = try await bundle.first.instances(run: run.id)
        #expect(
            rows.map(\.taskID).sorted() == ["new", "task"] && rows.allSatisfy { $0.mapIndex == -1 && $0.state == .none }
        )
        #expect(rows.first { $0.taskID == "task" }.map { [$0.tryNumber, $0.maxTries] } == [2, 3])
        #expect(try await bundle.first.pool.query("SELECT FROM xcom").isEmpty)
    }

    @Test func `tasks that are not chosen are skipped in a new run and stay as they are in an old one`() async throws {
        let bundle = try await StoreBundle()
        let version = try await version(
            bundle, [TaskDocument(id: "a", kind: .author), TaskDocument(id: "b", kind: .author, upstream: ["a"])])
        var old = bundle.newRun("old", logicalDate: Instant(seconds: 0))
        old.versionID = version.id
        let run = try await bundle.first.createRun(old, now: StoreBundle.now)
        try await end(bundle, run.id, .failed)
        try await bundle.first.pool.query(
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses)
            VALUES (\(run.id), 'a', -1, 'success', 1, 0, 0), (\(run.id), 'b', -1, 'failed', 1, 0, 0)
            """)
        try await bundle.first.pool.query("INSERT INTO xcom VALUES (\(run.id), 'a', -1, 'return_value', 7, '1')")
        let backfill = try await bundle.first.createBackfill(
            new(version, days: 2) { spec in
                spec.taskIDs = ["b"]
                spec.reprocess = .failed
            }, now: StoreBundle.now)
        let runs = try await bundle.first.advanceBackfill(backfill.id, by: 2, now: StoreBundle.now).runs
        #expect(runs.first == run.id)
        var states: [[TaskState]] = []
        for id in runs { states.append(try await bundle.first.instances(run: id).map(\.state)) }
        #expect(states == [[.success, .none], [.skipped, .none]])
        #expect(try await bundle.first.output(run: run.id, taskID: "a") == "1")
        let skipped = try await bundle.first.instance(run: runs[1], taskID: "a", mapIndex: -1)
        #expect(skipped?.reason == "not selected for backfill \(backfill.id)")
    }

    @Test func `backfills of one DAG may not overlap, also when two are asked for at once`() async throws {
        let bundle = try await StoreBundle()
        let version = try await version(bundle)
        let asked = new(version, days: 3)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for store in [bundle.first, bundle.second, bundle.first, bundle.second] {
                group.addTask {
                    do {
                        _ = try await store.createBackfill(asked, now: StoreBundle.now)
                        return true
                    } catch StoreError.backfillOverlaps {
                        return false
                    } catch {
                        Issue.record(error)
                        return false
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } == 1)
        var apart = asked
        apart.spec.from = Instant(seconds: Int64(3 * Self.day))
        apart.spec.to = Instant(seconds: Int64(4 * Self.day))
        _ = try await bundle.first.createBackfill(apart, now: StoreBundle.now)
        #expect(try await bundle.first.backfillCount(dagID: "dag") == 2)
    }

    @Test func `a paused backfill makes no runs, a cancelled one never, and one without runs left is complete`()
        async throws
    {
        let bundle = try await StoreBundle()
        let backfill = try await bundle.first.createBackfill(
            new(try await version(bundle), days: 2), now: StoreBundle.now)
        #expect(try await bundle.first.setBackfillPaused(backfill.id, true, now: StoreBundle.now)?.isPaused == true)
        #expect(try await bundle.first.advanceBackfill(backfill.id, by: 1, now: StoreBundle.now) == ([], false))
        _ = try await bundle.first.setBackfillPaused(backfill.id, false, now: StoreBundle.now)
        let runs = try await bundle.first.advanceBackfill(backfill.id, by: 1, now: StoreBundle.now).runs
        #expect(try await bundle.first.completeBackfill(backfill.id, now: StoreBundle.now) == nil)
        let cancelled = try #require(try await bundle.first.cancelBackfill(backfill.id, now: StoreBundle.now))
        #expect(cancelled.completedAt == StoreBundle.now && cancelled.isCancelled)
        #expect(try await bundle.first.cancelBackfill(backfill.id, now: StoreBundle.now) == nil)
        #expect(try await bundle.first.setBackfillPaused(backfill.id, false, now: StoreBundle.now) == nil)
        #expect(try await bundle.first.advanceBackfill(backfill.id, by: 1, now: StoreBundle.now) == ([], true))
        let run = try #require(try await bundle.first.run(id: runs[0]))
        #expect(cancelled.drops(run))
        var later = run
        later.queuedAt = StoreBundle.now + .seconds(1)
        #expect(!cancelled.drops(later))

        let other = try await bundle.first.createBackfill(
            new(try await version(bundle), days: 2) { $0.reprocess = .completed }, now: StoreBundle.now)
        _ = try await bundle.first.advanceBackfill(other.id, by: 2, now: StoreBundle.now)
        #expect(try await bundle.first.completeBackfill(other.id, now: StoreBundle.now) == nil)
        for run in try await bundle.first.unfinishedRuns() { try await end(bundle, run.id, .success) }
        #expect(try await bundle.first.completeBackfill(other.id, now: StoreBundle.now)?.completedAt == StoreBundle.now)
    }

    @Test func `a schedule goes on after runs that a backfill had begin again`() async throws {
        let bundle = try await StoreBundle()
        var scheduled = bundle.newRun("scheduled__1970-01-02T00:00:00+00:00", logicalDate: Instant(seconds: 86_400))
        scheduled.type = .backfill
        let run = try await bundle.first.createRun(scheduled, now: StoreBundle.now)
        _ = try await bundle.first.createRun(
            bundle.newRun("backfill__x", logicalDate: Instant(seconds: 172_800)), now: StoreBundle.now)
        #expect(try await bundle.first.lastScheduledRun(dagID: "dag")?.id == run.id)
        #expect(try await bundle.first.lastScheduledRuns(dagIDs: ["dag"])["dag"]?.id == run.id)
    }

    @Test func `the past is known by runs of the whole DAG that succeeded`() async throws {
        let bundle = try await StoreBundle()
        let version = try await version(bundle)
        let backfill = try await bundle.first.createBackfill(
            new(version, days: 1) { $0.taskIDs = ["task"] }, now: StoreBundle.now)
        let part = try await bundle.first.advanceBackfill(backfill.id, by: 1, now: StoreBundle.now).runs[0]
        try await end(bundle, part, .success)
        try await end(bundle, try await bundle.run("failed").id, .failed)
        try await end(bundle, try await bundle.run("good").id, .success)
        #expect(try await bundle.first.runSeconds(dagID: "dag").map { $0.rounded() } == [10])
        #expect(
            try await bundle.first.runStates(dagID: "dag", from: Instant(seconds: 0), to: Instant(seconds: 1))
                == [Instant(seconds: 0): .success])
    }
}
