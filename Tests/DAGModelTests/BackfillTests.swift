@testable import DAGModel
import Testing

/// Which runs a backfill is made of, and what it does about each.
struct BackfillTests {
    private let now = Instant(Day(2026, 2, 10), hour: 12)
    private let daily = Schedule.cron("0 3 * * *", timezone: "UTC")

    private func dag(_ schedule: Schedule, _ tasks: [TaskDocument] = [TaskDocument(id: "a", kind: .author)])
        -> DAGDocument
    {
        DAGDocument(id: "dag", schedule: schedule, start: Instant(Day(2026, 2, 1)), tasks: tasks)
    }

    private func spec(_ from: Instant, _ to: Instant) -> BackfillSpec { BackfillSpec(from: from, to: to) }

    private func dates(_ spec: BackfillSpec, _ schedule: Schedule) throws -> [String] {
        let dag = dag(schedule)
        return try spec.dates(of: dag, timetable: Timetable(schedule, zone: Zones.load), now: now).map(
            \.logicalDate.iso8601)
    }

    private func problems(_ spec: BackfillSpec, _ dag: DAGDocument) throws -> [String] {
        try spec.problems(in: dag, timetable: Timetable(dag.schedule, zone: Zones.load), now: now).map(\.description)
    }

    @Test func `both ends of the range are included, and the start of the DAG is no bound`() throws {
        let range = spec(Instant(Day(2026, 1, 1), hour: 3), Instant(Day(2026, 1, 3), hour: 3))
        #expect(try dates(range, daily) == ["2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z"])
        var reversed = range
        reversed.isReversed = true
        #expect(try dates(reversed, daily) == (try dates(range, daily)).reversed())
    }

    @Test func `a date whose data is not complete is left out`() throws {
        let range = spec(Instant(Day(2026, 2, 8)), Instant(Day(2026, 2, 12)))
        #expect(
            try dates(range, .cronIntervals("@daily", timezone: "UTC")) == [
                "2026-02-08T00:00:00Z", "2026-02-09T00:00:00Z",
            ])
    }

    @Test func `a range counts in the zone of the schedule`() throws {
        let range = spec(Instant(Day(2026, 3, 27)), Instant(Day(2026, 3, 30), hour: 12))
        let schedule = Schedule.cron("30 2 * * *", timezone: "Europe/Berlin")
        let timetable = try Timetable(schedule, zone: Zones.load)
        let runs = timetable.runs(from: range.from, to: range.to, limit: 10, now: now)
        #expect(
            runs.map(\.logicalDate.iso8601) == [
                "2026-03-27T01:30:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z",
            ])
    }

    @Test func `a range without dates, one that is too long and one that has not ended are told`() throws {
        let none = spec(Instant(Day(2026, 1, 1), hour: 4), Instant(Day(2026, 1, 2), hour: 2))
        #expect { try dates(none, daily) } throws: { "\($0)".contains("has no date from 2026-01-01T04:00:00Z") }
        let long = spec(Instant(Day(1926, 1, 1)), Instant(Day(2026, 1, 1)))
        #expect { try dates(long, .every(seconds: 60)) } throws: { "\($0)".contains("more than 100000 dates") }
        let open = spec(Instant(Day(2026, 2, 10)), Instant(Day(2026, 2, 10)))
        #expect { try dates(open, .cronIntervals("@daily", timezone: "UTC")) } throws: {
            "\($0)".contains("the first ends at 2026-02-11T00:00:00Z")
        }
    }

    @Test func `everything that is wrong is told at once`() throws {
        var past = TaskDocument(id: "a", kind: .author)
        past.past.dependsOnPast = true
        var wrong = spec(Instant(Day(2026, 3, 1)), Instant(Day(2026, 3, 2)))
        wrong.isReversed = true
        wrong.maxActiveRuns = 0
        wrong.taskIDs = ["train"]
        wrong.params = ["epochs": .int(5)]
        let found = try problems(wrong, dag(daily, [past, TaskDocument(id: "trains", kind: .author)]))
        for text in [
            "in the future", "task a depends on its past, so the dates have to run from old to new",
            "reprocess_behavior must be failed or completed", "no task train; did you mean trains?",
            "max_active_runs must be at least 1", "parameter epochs: unknown; the DAG has no parameters",
        ] {
            #expect(found.contains { $0.contains(text) }, "\(text) in \(found)")
        }
        #expect(
            try problems(spec(now, now - .seconds(60)), dag(daily)) == [
                "from_date 2026-02-10T12:00:00Z lies after to_date 2026-02-10T11:59:00Z; give the earlier one first"
            ])
        let range = spec(Instant(Day(2026, 1, 1)), Instant(Day(2026, 1, 2)))
        for schedule in [Schedule.manual, .once, .continuous] {
            #expect(try problems(range, dag(schedule)).contains { $0.contains("has no schedule of dates") })
        }
        #expect(try problems(range, dag(daily)) == [])
    }

    @Test(arguments: ReprocessBehavior.allCases) func `what has ended runs again as asked, what has not is left alone`(
        behavior: ReprocessBehavior
    ) {
        #expect(behavior.action(on: nil) == .create)
        #expect(behavior.action(on: .running) == .skip(.inFlight))
        #expect(behavior.action(on: .queued) == .skip(.inFlight))
        #expect(behavior.action(on: .success) == (behavior == .completed ? .clear : .skip(.alreadyExists)))
        #expect(behavior.action(on: .failed) == (behavior == .none ? .skip(.alreadyExists) : .clear))
    }

    @Test func `a plan counts runs and tasks, and predicts from the median of the past`() {
        var small = TaskDocument(id: "b", kind: .author, upstream: ["a"])
        small.limits.pool = "gpus"
        small.limits.poolSlots = 2
        var range = spec(now, now)
        range.maxActiveRuns = 3
        let actions: [BackfillAction] =
            Array(repeating: .create, count: 6) + [
                .clear, .skip(.inFlight), .skip(.alreadyExists), .skip(.alreadyExists),
            ]
        let forecast = BackfillForecast(
            range, actions, of: dag(daily, [TaskDocument(id: "a", kind: .author), small]), past: [10, 100, 20],
            pools: ["default_pool": 128, "gpus": 4])
        #expect(forecast.created == 6 && forecast.cleared == 1 && forecast.inFlight == 1 && forecast.existing == 2)
        #expect(forecast.tasksPerRun == 2 && forecast.runSeconds == 20 && forecast.seconds == 60)
        #expect(forecast.pools.map(\.pool) == ["default_pool", "gpus"])
        #expect(forecast.pools.map(\.slotsAtOnce) == [3, 6] && forecast.pools.map(\.isTooSmall) == [false, true])
        let unknown = BackfillForecast(range, actions, of: dag(daily), past: [], pools: [:])
        #expect(unknown.seconds == nil && unknown.pools.first?.isTooSmall == true)
        #expect(BackfillForecast(range, [.skip(.inFlight)], of: dag(daily), past: [4], pools: [:]).seconds == 0)
    }
}

/// Runs that do some of a DAG's tasks only.
struct TaskSubsetTests {
    private var document: DAGDocument {
        var setup = TaskDocument(id: "up", kind: .author)
        setup.role = .setup
        var teardown = TaskDocument(
            id: "down", kind: .author, upstream: ["up", "train"], triggerRule: .allDoneSetupSuccess)
        teardown.role = .teardown(onFailureFailDagrun: false)
        return DAGDocument(
            id: "dag",
            tasks: [
                setup, TaskDocument(id: "list", kind: .author),
                TaskDocument(id: "train", kind: .author, upstream: ["up", "list"], inputs: [TaskInput(task: "list")]),
                teardown, TaskDocument(id: "report", kind: .author, upstream: ["train"]),
            ])
    }

    @Test func `a task comes with its setups and teardowns`() {
        #expect(TaskSubset(["train"], in: DAGGraph(document)).taskIDs == ["up", "train", "down"])
    }

    @Test func `no task of the subset waits for one outside`() {
        let graph = DAGGraph(document, subset: TaskSubset(["train"], in: DAGGraph(document)))
        var plan = RunPlan(
            graph: graph,
            stored: ["list", "report"].map {
                StoredInstance(taskID: $0, mapIndex: -1, state: .skipped, tryNumber: 0, losses: 0)
            })
        #expect(plan.plan().map { graph.tasks[$0.key.task].id } == ["up"])
        for id in ["up", "train", "down"] {
            let key = InstanceKey(task: graph.index[id] ?? 0)
            plan.note(key, .queued)
            _ = plan.end(key, .success(steering: nil, listLength: nil))
            _ = plan.plan()
        }
        #expect(plan.finalState == .success)
        #expect(plan[InstanceKey(task: graph.index["report"] ?? 0)]?.state == .skipped)
    }

    @Test func `the leaves are those of the whole DAG`() {
        let graph = DAGGraph(document, subset: TaskSubset(["train"]))
        #expect(graph.leaves.map { graph.tasks[$0].id } == ["report"])
    }

    @Test func `a subset that lacks an input of its own can be told`() {
        var range = BackfillSpec(from: Instant(seconds: 0), to: Instant(seconds: 1))
        range.taskIDs = ["train"]
        #expect { try range.checkInputs(in: document) } throws: {
            "\($0)".contains("task train takes the output of list, and some dates have no run yet: add list")
        }
        range.taskIDs = ["train", "list"]
        #expect(throws: Never.self) { try range.checkInputs(in: document) }
    }
}
