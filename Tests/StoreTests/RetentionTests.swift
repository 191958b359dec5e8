import DAGModel
import Postgres
@testable import Store
import Testing

/// What is old goes, whole, and nothing that somebody needs.
struct RetentionTests {
    private static let now = StoreBundle.now
    private static let day: Int64 = 86_400

    private static func ago(_ days: Int) -> Instant { now - .seconds(Int64(days) * day) }

    private func publish(_ bundle: StoreBundle, _ change: (inout DAGDocument) -> Void = { _ in }) async throws {
        var document = DAGDocument(id: "dag", tasks: [TaskDocument(id: "task", kind: .author)])
        change(&document)
        _ = try await bundle.first.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "\(document.hashValue)", files: "",
                fingerprint: "", document: document), now: Self.ago(1_000))
    }

    /// A run that ended so many days ago, with everything that may belong to one.
    @discardableResult
    private func run(
        _ bundle: StoreBundle, _ days: Int, date: Int? = nil, type: DAGRunType = .manual,
        state: DAGRunState = .success, tasks: [String] = ["task"]
    ) async throws -> Int64 {
        let ended = Self.ago(days).timestamp
        let prefix = type == .scheduled ? "scheduled" : "manual"
        let row = try await bundle.first.pool.query(
            """
            INSERT INTO dag_run (
                dag_id, run_id, version_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after,
                queued_at, started_at, ended_at, params, triggered_by)
            SELECT 'dag', \(prefix)::text || '__' || \(Int64(date ?? days))::bigint || '_' || (SELECT count(*) FROM dag_run),
                v.id, \(type.rawValue), \(state.rawValue),
                u.date, u.date, u.date, \(ended)::timestamptz, \(ended)::timestamptz, \(ended)::timestamptz,
                CASE WHEN \(state.isFinished) THEN \(ended)::timestamptz END, '{}', 'test'
            FROM dag_version v, (SELECT \(date.map { Self.ago($0).timestamp })::timestamptz AS date) AS u ORDER BY v.id DESC LIMIT 1
            RETURNING id
            """
        ).one()
        let id = try row["id", as: Int64.self]
        try await bundle.first.pool.pipeline([
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses)
            SELECT \(id), u.task_id, -1, 'success', 1, 0, 0 FROM unnest(\(tasks)::text[]) AS u (task_id)
            """,
            """
            INSERT INTO attempt (
                id, run, task_id, map_index, try_number, state, worker, ended_at, cpu_microseconds, max_resident_kib)
            VALUES (\(id) * 10, \(id), 'task', -1, 1, 'success', 'w', \(ended)::timestamptz, 0, 0)
            """,
            "INSERT INTO xcom VALUES (\(id), 'task', -1, 'return_value', \(id) * 10, '1')",
            "INSERT INTO report VALUES (\(id) * 10, \(ended)::timestamptz, '{}')",
            "INSERT INTO log_chunk VALUES (\(id) * 10, 0, 'x', true, \(ended)::timestamptz)",
            "INSERT INTO deadline VALUES (\(id), 0, NULL, \(ended)::timestamptz, 'met')",
            """
            INSERT INTO callback (
                dedupe_key, run, version_id, kind, map_index, try_number, new_state, happened_at, due_at, state, attempts, workers,
                ended_at)
            VALUES (\(id)::bigint::text, \(id), 1, 'success', -1, 0, 'success', \(ended)::timestamptz, \(ended)::timestamptz, 'success',
                ARRAY[\(id) * 10 + 1], ARRAY['w'], \(ended)::timestamptz)
            """,
        ])
        return id
    }

    private func policy(kept: Int = 0, _ change: (inout RetentionPolicy) -> Void = { _ in }) -> RetentionPolicy {
        var policy = RetentionPolicy()
        (policy.keptRuns, policy.events) = (kept, .never)
        change(&policy)
        return policy
    }

    /// With the standard age of what belongs to no run.
    private var withEvents: RetentionPolicy { policy { $0.events = RetentionPolicy().events } }

    private func pass(
        _ bundle: StoreBundle, _ policy: RetentionPolicy, isDryRun: Bool = false, epoch: Int64? = nil,
        step: RetentionStep = RetentionStep()
    ) -> RetentionPass {
        RetentionPass(bundle.first, policy, now: Self.now, epoch: epoch, isDryRun: isDryRun, size: step)
    }

    private func runs(_ bundle: StoreBundle) async throws -> [Int64] {
        try await bundle.second.pool.query("SELECT id FROM dag_run ORDER BY id").map { try $0["id", as: Int64.self] }
    }

    /// The runs that a row of each table belongs to.
    private func owners(_ bundle: StoreBundle) async throws -> [String: Set<Int64>] {
        let rows = try await bundle.second.pool.query(
            """
            SELECT 'task_instance' AS name, run FROM task_instance UNION SELECT 'attempt', run FROM attempt
            UNION SELECT 'xcom', run FROM xcom UNION SELECT 'report', attempt / 10 FROM report
            UNION SELECT 'log_chunk', attempt / 10 FROM log_chunk UNION SELECT 'deadline', run FROM deadline
            UNION SELECT 'callback', run FROM callback UNION SELECT 'dag_run', id FROM dag_run
            """)
        return try rows.reduce(into: [:]) {
            $0[try $1.text("name"), default: []].insert(try $1["run", as: Int64.self])
        }
    }

    @Test func `an old run goes with everything that belongs to it, a young one stays whole`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let old = try await run(bundle, 91)
        let young = try await run(bundle, 89)
        let counted = try await pass(bundle, withEvents, isDryRun: true).run()
        #expect(
            counted.description
                == "1 run, 1 task instance, 1 attempt, 1 XCom, 1 progress report, 1 part of a log, 1 callback, 1 deadline"
        )
        #expect(try await runs(bundle) == [old, young])
        var attempts: [Int64] = []
        let removed = try await pass(bundle, withEvents).run { attempts += $0.attempts }
        #expect(removed == counted && attempts == [old * 10, old * 10 + 1])
        let owners = try await owners(bundle)
        #expect(owners.count == 8 && owners.values.allSatisfy { $0 == [young] })
        #expect(try await pass(bundle, withEvents).run().isEmpty)
    }

    @Test func `never means never, and the newest runs of each DAG stay`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let all = [
            try await run(bundle, 300), try await run(bundle, 200), try await run(bundle, 150),
            try await run(bundle, 100),
        ]
        #expect(try await pass(bundle, policy { $0.runs = .never }).run().isEmpty)
        #expect(try await pass(bundle, policy(kept: 5)).run().isEmpty)
        #expect(try await pass(bundle, policy(kept: 2)).run()[.runs] == 2)
        #expect(try await runs(bundle) == Array(all.dropFirst(2)))
        // As many as are counted before the DAG is paused for its failures.
        try await publish(bundle) { $0.limits.maxConsecutiveFailedRuns = 3 }
        #expect(try await pass(bundle, policy(kept: 1)).run().isEmpty)
    }

    @Test func `it goes on after a few runs, and a large run is a step of its own`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let large = (0..<30).map { "t\($0)" }
        for day in 100..<110 { try await run(bundle, day, tasks: day == 105 ? large : ["task"]) }
        var step = RetentionStep()
        (step.runs, step.instances) = (4, 3)
        var steps: [Int] = []
        let counts = try await pass(bundle, policy(), step: step).run { steps.append($0.runs.count) }
        #expect(counts[.runs] == 10 && counts[.taskInstances] == 39)
        #expect(steps.max() == 3 && steps.reduce(0, +) == 10)
    }

    @Test func `a leader that was replaced removes nothing`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let epoch = try await bundle.lead()
        let old = try await run(bundle, 100)
        _ = try await bundle.lead("other")
        await #expect(throws: StoreError.fenced) { try await pass(bundle, policy(), epoch: epoch).run() }
        #expect(try await runs(bundle) == [old])
        #expect(try await owners(bundle).values.allSatisfy { $0 == [old] })
        #expect(try await pass(bundle, policy(), epoch: epoch + 1).run()[.runs] == 1)
    }

    // MARK: What is needed

    @Test func `the scheduler knows where it was, though its runs are removed`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle) { document in
            document.schedule = .cron("@daily", timezone: "UTC")
            document.catchup = false
        }
        for day in [300, 250, 200] { try await run(bundle, day, date: day, type: .scheduled) }
        let last = try #require(try await bundle.first.lastScheduledRun(dagID: "dag"))
        for day in [180, 170, 160] { try await run(bundle, day, date: day) }
        #expect(try await pass(bundle, policy()).run()[.runs] == 3)
        #expect(try await bundle.first.lastScheduledRun(dagID: "dag") == last)
    }

    @Test func `a DAG that catches up keeps what its schedule would make again`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle) { document in
            document.schedule = .cron("@daily", timezone: "UTC")
            document.catchup = true
            document.start = Self.ago(400)
        }
        for day in [300, 290, 280] { try await run(bundle, day, date: day, type: .scheduled) }
        for day in [270, 269] { try await run(bundle, day, date: day, type: .backfill) }
        #expect(try await pass(bundle, policy()).run()[.runs] == 1)
    }

    @Test func `an unfinished backfill keeps the runs of its dates, a finished one goes when it has none left`()
        async throws
    {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let dag = try #require(try await bundle.first.dag("dag"))
        let version = try #require(try await bundle.first.version(dag.versionID))
        let dates = [120, 119, 118].map { day in
            DAGRunInfo(runAfter: Self.ago(day), dataInterval: DataInterval(at: Self.ago(day)))
        }
        let backfill = try await bundle.first.createBackfill(
            NewBackfill(
                version: version, spec: BackfillSpec(from: Self.ago(120), to: Self.ago(118)),
                dates: dates.map { ($0, .create) }, triggeredBy: "test"), now: Self.ago(117))
        let made = try await bundle.first.advanceBackfill(backfill.id, by: 3, now: Self.ago(117)).runs
        try await bundle.first.pool.query(
            "UPDATE dag_run SET state = 'success', started_at = queued_at, ended_at = queued_at")
        let newest = try await run(bundle, 100, date: 100, type: .backfill)
        #expect(try await pass(bundle, policy()).run().isEmpty)
        _ = try await bundle.first.completeBackfill(backfill.id, now: Self.ago(116))
        // The run before the newest one, and that, stay.
        var young = policy()
        young.runs = .after(.seconds(110 * Self.day))
        #expect(try await pass(bundle, young).run()[.runs] == 2)
        #expect(try await runs(bundle) == [made[2], newest])
        #expect(
            try await bundle.first.backfillDates(backfill.id, limit: 9, offset: 0).map(\.skip) == [
                .removed, .removed, nil,
            ])
        let counts = try await pass(bundle, policy()).run()
        #expect(counts[.runs] == 1 && counts[.backfills] == 1)
        #expect(try await bundle.first.backfill(backfill.id) == nil)
        #expect(try await bundle.first.backfillDates(backfill.id, limit: 9, offset: 0).isEmpty)
    }

    @Test func `a callback that is still to come keeps its run, a deadline too`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let (waiting, late) = (try await run(bundle, 100), try await run(bundle, 100))
        try await bundle.first.pool.pipeline([
            "UPDATE callback SET state = 'pending' WHERE run = \(waiting)",
            "UPDATE deadline SET state = 'pending' WHERE run = \(late)",
        ])
        try await run(bundle, 100)
        #expect(try await pass(bundle, policy()).run()[.runs] == 1)
        #expect(try await runs(bundle) == [waiting, late])
    }

    @Test func `that a task ever ran is known when its runs are gone`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        try await run(bundle, 200, date: 200, tasks: ["task", "dropped"])
        try await run(bundle, 190, date: 190, tasks: ["task"])
        try await run(bundle, 180, date: 180, tasks: ["task", "late"])
        let id = try await run(bundle, 1, date: 170)
        let stored = try #require(try await bundle.first.run(id: id))
        var early = stored
        early.logicalDate = Self.ago(200)
        let tasks = ["task", "dropped", "late", "never"]
        #expect(try await bundle.first.tasksBefore(stored, among: tasks) == ["task", "dropped", "late"])
        #expect(try await pass(bundle, policy()).run()[.runs] == 2)
        #expect(try await bundle.first.tasksBefore(stored, among: tasks) == ["task", "dropped", "late"])
        #expect(try await bundle.first.tasksBefore(early, among: tasks) == [])
    }

    /// On histories of any kind, each run that is young, unfinished or among the newest has the same run before it as before.
    @Test(arguments: 0..<12) func `what dependsOnPast asks the database for is the same afterwards`(seed: Int)
        async throws
    {
        let bundle = try await StoreBundle()
        try await publish(bundle) { $0.schedule = .cron("@daily", timezone: "UTC") }
        for day in (1...25).map({ $0 * 7 }).shuffled() {
            try await run(
                bundle, max(0, day - Int.random(in: -40...100)), date: day,
                type: [.manual, .scheduled, .backfill].randomElement() ?? .manual,
                state: [.success, .failed, .success, .running].randomElement() ?? .success)
        }
        let all = try await bundle.first.runs(RunQuery(dagID: "dag", limit: 100))
        let newest = Set(all.sorted { ($0.runAfter, $0.id) < ($1.runAfter, $1.id) }.suffix(3).map(\.id))
        let needing = all.filter { run in
            !run.state.isFinished || newest.contains(run.id) || run.endedAt.map { $0 >= Self.ago(90) } ?? true
        }
        func before() async throws -> [[Int64?]] {
            var answers: [[Int64?]] = []
            for run in needing {
                answers.append([
                    try await bundle.first.runBefore(run, withManual: true)?.id,
                    try await bundle.first.runBefore(run, withManual: false)?.id,
                ])
            }
            return answers
        }
        let past = try await before()
        var step = RetentionStep()
        step.runs = Int.random(in: 1...9)
        let counted = try await pass(bundle, policy(kept: 3), isDryRun: true, step: step).run()
        let removed = try await pass(bundle, policy(kept: 3), step: step).run()
        #expect(removed == counted)
        #expect(try await before() == past)
        let left = try await runs(bundle)
        #expect(Set(needing.map(\.id)).isSubset(of: left))
        #expect(try await owners(bundle).values.allSatisfy { $0 == Set(left) })
    }

    // MARK: Beside others

    @Test func `a run that somebody is changing is left for the next time, and whole`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let busy = try await run(bundle, 100)
        try await run(bundle, 101)
        try await bundle.second.pool.transaction { transaction in
            _ = try await transaction.lockRun(busy)
            #expect(try await pass(bundle, policy()).run()[.runs] == 1)
            try await transaction.query(
                "UPDATE dag_run SET state = 'queued', ended_at = NULL, revision = revision + 1 WHERE id = \(busy)")
        }
        #expect(try await runs(bundle) == [busy])
        #expect(try await owners(bundle).values.allSatisfy { $0 == [busy] })
        #expect(try await pass(bundle, policy()).run().isEmpty)
    }

    @Test func `a run that is cleared while it is removed stays whole or is wholly gone`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        var all: [Int64] = []
        for _ in 0..<60 { all.append(try await run(bundle, 100)) }
        var step = RetentionStep()
        step.runs = 7
        async let removed = pass(bundle, policy(), step: step).run()
        let cleared = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for id in all.shuffled() {
                group.addTask {
                    do {
                        return try await bundle.second.changeRun(id, now: Self.now) { stored in
                            _ = stored.clear([InstanceKey(task: 0)], now: Self.now)
                            return id
                        }
                    } catch StoreError.runGone {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: Set<Int64>()) { if let id = $1 { $0.insert(id) } }
        }
        let count = try await removed[.runs]
        #expect(count + cleared.count == all.count)
        #expect(Set(try await runs(bundle)) == cleared)
        let owners = try await owners(bundle)
        #expect(owners.values.allSatisfy { $0 == cleared })
    }

    @Test func `two that remove at once remove everything once`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        for _ in 0..<40 { try await run(bundle, 100) }
        var step = RetentionStep()
        step.runs = 3
        async let one = pass(bundle, policy(), step: step).run()
        async let other = RetentionPass(bundle.second, policy(), now: Self.now, size: step).run()
        let (left, right) = (try await one, try await other)
        #expect(left[.runs] + right[.runs] == 40 && left[.attempts] + right[.attempts] == 40)
        #expect(try await owners(bundle).isEmpty)
    }

    // MARK: What belongs to no run

    @Test func `callbacks that were delivered go by themselves, those that failed stay with their run`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let (done, failed) = (try await run(bundle, 50), try await run(bundle, 50))
        try await run(bundle, 5)
        try await bundle.first.pool.query("UPDATE callback SET state = 'failed' WHERE run = \(failed)")
        var attempts: [Int64] = []
        let counts = try await pass(bundle, policy { $0.events = .after(.seconds(30 * Self.day)) })
            .run { attempts += $0.attempts }
        #expect(counts.description == "1 callback" && attempts == [done * 10 + 1])
        #expect(try await owners(bundle)["callback"]?.contains(done) == false)
    }

    @Test func `updates of assets go when no run and no queue has them, the newest of each stays`() async throws {
        let bundle = try await StoreBundle()
        let raw = Asset("s3://raw/strain")
        try await publish(bundle) { document in document.schedule = .assets(when: .asset(raw)) }
        var assets = AssetQuery(limit: 10)
        assets.onlyActive = false
        let asset = try #require(try await bundle.first.assets(assets).first).id
        var events: [Int64] = []
        for days in [200, 190, 180, 170] {
            events.append(
                try #require(
                    try await bundle.first.emitAssetEvent(asset, extra: .object([:]), now: Self.ago(days))))
        }
        let kept = try await run(bundle, 1)
        try await bundle.first.pool.pipeline([
            "DELETE FROM asset_queue WHERE event <> \(events[1])",
            "INSERT INTO asset_event_run VALUES (\(kept), \(events[2]))",
        ])
        func left() async throws -> [Int64] {
            try await bundle.first.assetEvents(AssetEventQuery(limit: 10)).map(\.id).sorted()
        }
        #expect(try await pass(bundle, withEvents, isDryRun: true).run()[.assetEvents] == 1)
        #expect(try await pass(bundle, withEvents).run()[.assetEvents] == 1)
        #expect(try await left() == Array(events.dropFirst()))
        try await bundle.first.pool.pipeline([
            "DELETE FROM asset_queue", "UPDATE dag_run SET ended_at = \(Self.ago(100).timestamp)",
        ])
        #expect(try await pass(bundle, withEvents).run()[.assetEvents] == 2)
        #expect(try await left() == [events[3]])
    }

    // MARK: Logs

    @Test func `the end of a log is the worker's that made the call, also when another made the next one`()
        async throws
    {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let id = try await run(bundle, 0)
        let store = bundle.first
        let epoch = try await bundle.lead()
        let callback = try #require(try await store.callbacks(CallbackQuery(limit: 1)).first).record.id
        try await store.pool.query(
            "UPDATE callback SET state = 'pending', attempts = '{}', workers = '{}', ended_at = NULL WHERE run = \(id)")
        func claim(_ attempt: Int64, _ worker: String) async throws {
            #expect(
                try await store.claimCallback(callback, attempt: attempt, token: [1], worker: worker, epoch: epoch))
        }
        let since = Self.now - .seconds(3_600)
        try await claim(71, "a")
        #expect(try await store.endedAttemptWorker(71, since: since) == nil)
        try await store.endCallback(callback, attempt: 71, .again(at: Self.now, error: "busy"), now: Self.now)
        #expect(try await store.endedAttemptWorker(71, since: since) == "a")
        try await claim(72, "b")
        #expect(try await store.endedAttemptWorker(71, since: since) == "a")
        #expect(try await store.endedAttemptWorker(72, since: since) == nil)
        try await store.endCallback(callback, attempt: 72, .success, now: Self.now)
        #expect(try await store.endedAttemptWorker(72, since: since) == "b")
        #expect(try await store.endedAttemptWorker(72, since: Self.now + .seconds(1)) == nil)
        #expect(try await store.callback(callback)?.worker == "b")
        #expect(try await store.unknownAttempts([71, 72, 73, id * 10]) == [73])
    }

    @Test func `logs in the database go by months, unless an attempt of that time still executes`() async throws {
        let bundle = try await StoreBundle()
        try await publish(bundle)
        let store = bundle.first
        let (march, may) = (Instant(Day(2020, 3, 10)), Instant(Day(2020, 5, 10)))
        for month in [march, may] {
            try await store.pool.query("SELECT ensure_partitions(\(month.timestamp)) IS NULL AS done")
            try await store.addLogChunks(
                [LogChunk(attempt: month.microseconds, start: 0, bytes: [1], isLast: true)], now: month)
        }
        func logs() async throws -> Int64 {
            try await store.pool.query("SELECT count(*) AS n FROM log_chunk").one()["n", as: Int64.self]
        }
        let id = try await run(bundle, 0, state: .running)
        let all = try await logs()
        try await store.pool.query(
            "UPDATE task_instance SET attempt = 5, state = 'running', queued_at = \(march.timestamp) WHERE run = \(id)")
        #expect(try await store.dropLogs(before: Instant(Day(2020, 4, 20))) == 0)
        try await store.pool.query("UPDATE task_instance SET attempt = NULL, state = 'success'")
        #expect(try await store.dropLogs(before: Instant(Day(2020, 3, 31))) == 0)
        #expect(try await logs() == all)
        // March, and nothing of April was made but the empty partition beside it.
        #expect(try await store.dropLogs(before: Instant(Day(2020, 5, 20))) == 2)
        #expect(try await logs() == all - 1)
    }
}
