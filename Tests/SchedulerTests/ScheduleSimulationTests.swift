import DAGModel
@testable import Scheduler
import Testing

/// What schedules would do, on the scheduler's own core.
struct ScheduleSimulationTests {
    private static let day = Instant(Day(2026, 3, 27))

    private func dag(
        _ id: String, _ cron: String, zone: String = "UTC", tasks: [TaskDocument]? = nil,
        _ change: (inout DAGDocument) -> Void = { _ in }
    ) -> DAGDocument {
        var dag = DAGDocument(
            id: id, schedule: .cron(cron, timezone: zone), tasks: tasks ?? [TaskDocument(id: "a", kind: .author)])
        change(&dag)
        return dag
    }

    private func simulate(
        _ dags: DAGDocument..., days: Int = 4, slots: Int = 16, pools: [String: Int] = [:],
        _ change: (inout SimulatedWork) -> Void = { _ in }
    ) throws -> SimulationReport {
        var work = SimulatedWork()
        change(&work)
        var simulation = try ScheduleSimulation(
            dags, from: Self.day, to: Self.day + .seconds(days * 86_400), slots: slots, pools: pools, work: work,
            listsRuns: true)
        return simulation.run()
    }

    @Test func `a schedule follows its zone over the change of its clocks`() throws {
        let report = try simulate(dag("berlin", "30 2 * * *", zone: "Europe/Berlin"))
        // On 29 March 2026 the clocks go from 2:00 to 3:00, so that there is no 2:30.
        #expect(
            report.runs.map(\.runAfter.iso8601) == [
                "2026-03-27T01:30:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z",
            ])
        #expect(report.dags[0].succeeded == 4)
        #expect(report.runs.allSatisfy { $0.startedAt == $0.runAfter && $0.endedAt == $0.runAfter + .seconds(60) })
    }

    @Test func `runs that take longer than their schedule wait for the limit of active runs`() throws {
        let slow = dag("slow", "0 * * * *") { $0.maxActiveRuns = 2 }
        let report = try simulate(slow, days: 1) { $0.duration = .seconds(3 * 3_600) }
        #expect(report.dags[0].mostActiveRuns == 2)
        #expect(report.dags[0].delays.max() ?? 0 > 3_600)
        #expect(report.pools[0].mostUsed == 2)
    }

    @Test func `updates of assets cause runs, together where they have to wait`() throws {
        let (raw, clean) = (Asset("raw"), Asset("clean"))
        func task(_ outlet: Asset? = nil) -> TaskDocument {
            var task = TaskDocument(id: "a", kind: .author)
            task.outlets = outlet.map { [$0] } ?? []
            return task
        }
        let both = dag("both", "@yearly") { $0.schedule = .assets(when: raw && clean) }
        let busy = dag("busy", "@yearly") {
            $0.schedule = .assets(when: .asset(raw))
            $0.maxActiveRuns = 1
        }
        let loop = dag("loop", "@yearly", tasks: [task(Asset("loop"))]) {
            $0.schedule = .assetsOrTime(.asset(Asset("loop")), .cron("0 0 27 3 *", timezone: "UTC"))
        }
        let report = try simulate(
            dag("cleans", "0 6,18 * * *", tasks: [task(clean)]), dag("makes", "0 * * * *", tasks: [task(raw)]), both,
            busy, loop, days: 1
        ) {
            $0.durations = [
                (SimulatedWork.Pattern("busy"), .seconds(5_400)), (SimulatedWork.Pattern("loop"), .seconds(3_600)),
            ]
        }
        let runs = Dictionary(grouping: report.runs, by: \.dagID)
        #expect(runs["both"]?.map(\.runAfter.iso8601) == ["2026-03-27T06:01:00Z", "2026-03-27T18:01:00Z"])
        #expect(runs["busy"]?.first?.runID == "asset_triggered__2026-03-27T00:01:00+00:00")
        #expect(runs["busy"]?.count == 16)
        #expect(runs["loop"]?.count == 24)
    }

    @Test func `pools and workers limit what runs, and their use is told`() throws {
        var tasks = (0..<4).map { TaskDocument(id: "t\($0)", kind: .author) }
        for index in tasks.indices { tasks[index].limits.pool = "gpus" }
        let report = try simulate(dag("train", "0 0 * * *", tasks: tasks), days: 1, pools: ["gpus": 2]) {
            $0.duration = .seconds(600)
        }
        let gpus = try #require(report.pools.first { $0.name == "gpus" })
        #expect(gpus.mostUsed == 2 && gpus.full == 1_200 && gpus.used == 2_400)
        #expect(report.dags[0].durations == [1_200])
        let narrow = try simulate(dag("train", "0 0 * * *", tasks: tasks), days: 1, slots: 1, pools: ["gpus": 2])
        #expect(narrow.pools[0].mostUsed == 1 && narrow.dags[0].durations == [240])
    }

    @Test func `failures are retried, time out and fail runs as told`() throws {
        let retried = TaskDocument(id: "a", kind: .author, retries: 1, retryDelay: RetryDelay(base: 30))
        let limited = TaskDocument(id: "b", kind: .author, executionTimeout: 10)
        let report = try simulate(
            dag("flaky", "0 0 * * *", tasks: [retried]), dag("late", "0 0 * * *", tasks: [limited]), days: 2
        ) { $0.failures = [(.init("flaky"), 1)] }
        #expect(report.dags.map(\.id) == ["flaky", "late"])
        #expect(report.dags[0].succeeded == 2 && report.dags[0].failedAttempts == 2 && report.dags[0].attempts == 4)
        #expect(report.dags[0].durations == [150, 150])
        #expect(report.dags[1].failed == 2 && report.dags[1].durations == [10, 10])
    }

    @Test func `random failures are the same for the same seed`() throws {
        let half = dag("half", "0 * * * *")
        let first = try simulate(half) { ($0.failureRate, $0.seed) = (0.5, 7) }
        let again = try simulate(half) { ($0.failureRate, $0.seed) = (0.5, 7) }
        let other = try simulate(half) { ($0.failureRate, $0.seed) = (0.5, 8) }
        #expect(first.runs.map(\.state) == again.runs.map(\.state))
        #expect(first.runs.map(\.state) != other.runs.map(\.state))
        #expect((20...76).contains(first.dags[0].failed))
    }

    @Test func `catch-up makes up for the past, and mapped tasks, branches and empty tasks go their ways`() throws {
        let past = dag(
            "past", "0 0 * * *",
            tasks: [
                TaskDocument(id: "list", kind: .author),
                TaskDocument(
                    id: "each", kind: .author, upstream: ["list"], inputs: [TaskInput(task: "list", kind: .element)]),
                TaskDocument(id: "choose", kind: .branch, upstream: ["each"]),
                TaskDocument(id: "left", kind: .empty, upstream: ["choose"]),
                TaskDocument(id: "right", kind: .empty, upstream: ["choose"]),
            ]
        ) {
            $0.start = Self.day + .seconds(-10 * 86_400)
            $0.catchup = true
        }
        let report = try simulate(past, days: 1) { $0.listLength = 5 }
        #expect(report.dags[0].runs == 11 && report.dags[0].succeeded == 11)
        #expect(report.dags[0].attempts == 11 * 7)
    }

    @Test func `a task that depends on the run before waits for it, and a DAG that keeps failing is paused`() throws {
        var task = TaskDocument(id: "a", kind: .author)
        task.past.dependsOnPast = true
        let report = try simulate(dag("past", "0 * * * *", tasks: [task]), days: 1) { $0.duration = .seconds(5_400) }
        #expect(report.pools[0].mostUsed == 1 && report.dags[0].mostActiveRuns > 2)
        let failing = dag("failing", "0 * * * *") { $0.limits.maxConsecutiveFailedRuns = 3 }
        let paused = try simulate(failing, days: 1) { $0.failures = [(.init("*"), .max)] }
        #expect(paused.dags[0].runs == 3 && paused.dags[0].pausedAt == Self.day + .seconds(2 * 3_600 + 60))
    }

    @Test func `patterns name DAGs and tasks`() {
        func matches(_ pattern: String, _ name: String) -> Bool {
            let work = [SimulatedWork.Pattern(pattern)]
            return work[0].matches(name)
        }
        #expect(matches("etl", "etl.load") && !matches("etl", "etl2.load"))
        #expect(matches("etl.load", "etl.load") && !matches("etl.load", "etl.load2"))
        #expect(matches("gw_*.train", "gw_a.train") && !matches("gw_*.train", "gw_a.test"))
        #expect(matches("*", "a.b") && matches("*.load*", "a.reload.loads") && matches("a*b*c.*", "a1b2c.x"))
        #expect(!matches("a*a.b", "a.b"))
    }

    @Test func `many DAGs over a long time`() throws {
        let dags = (0..<200).map { index in dag("d\(index)", "\(index % 60) \(index % 24) * * *") }
        var simulation = try ScheduleSimulation(
            dags, from: Self.day, to: Self.day + .seconds(20 * 86_400), slots: 32)
        let report = simulation.run()
        #expect(report.dags.allSatisfy { $0.runs == 20 })
    }
}
