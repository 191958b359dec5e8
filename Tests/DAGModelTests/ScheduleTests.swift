import DAGModel
import Foundation
import Testing

struct ScheduleTests {
    private let now = Instant(Day(2026, 2, 10), hour: 12)

    @Test func `several crons fire at the ticks of each`() throws {
        let timetable = try Timetable(
            .crons(["0 3 * * *", "30 14 * * *", "0 3 10 * *"], timezone: "UTC"), zone: Zones.load)
        var last: DataInterval?
        var ticks: [String] = []
        for _ in 0..<4 {
            let run = try #require(
                timetable.next(after: last, restriction: TimeRestriction(earliest: now, catchup: true), now: now))
            ticks.append(run.runAfter.iso8601)
            last = run.dataInterval
        }
        #expect(
            ticks == ["2026-02-10T14:30:00Z", "2026-02-11T03:00:00Z", "2026-02-11T14:30:00Z", "2026-02-12T03:00:00Z"])
    }

    @Test func `of several crons the newest missed tick counts`() throws {
        let timetable = try Timetable(.crons(["0 3 * * *", "0 11 * * *"], timezone: "UTC"), zone: Zones.load)
        let restriction = TimeRestriction(earliest: now - .seconds(10 * 86_400))
        #expect(
            timetable.next(after: nil, restriction: restriction, now: now)?.runAfter.iso8601 == "2026-02-10T11:00:00Z")
    }

    @Test func `intervals have runs at their ends`() throws {
        let daily = try Timetable(.cronIntervals("@daily", timezone: "UTC"), zone: Zones.load)
        let run = daily.next(after: nil, restriction: TimeRestriction(earliest: now, catchup: true), now: now)
        #expect(run?.logicalDate == Instant(Day(2026, 2, 11)) && run?.runAfter == Instant(Day(2026, 2, 12)))
        let hours = try Timetable(.intervals(seconds: 3_600), zone: Zones.load)
        let first = hours.next(after: nil, restriction: TimeRestriction(earliest: now, catchup: true), now: now)
        #expect(first?.dataInterval == DataInterval(start: now, end: now + .seconds(3_600)))
    }

    @Test func `a tick can have a data interval that ends at it`() throws {
        let timetable = try Timetable(
            .timed(.cron("0 6 * * *", timezone: "UTC"), ScheduleTiming(interval: 86_400)), zone: Zones.load)
        let run = timetable.next(after: nil, restriction: TimeRestriction(earliest: now, catchup: true), now: now)
        #expect(
            run?.logicalDate == Instant(Day(2026, 2, 10), hour: 6)
                && run?.runAfter == Instant(Day(2026, 2, 11), hour: 6))
    }

    @Test(arguments: [
        (RunImmediately.never, "2026-02-11T03:00:00Z"), (.always, "2026-02-10T03:00:00Z"),
        (.within(seconds: 3_600), "2026-02-11T03:00:00Z"), (.within(seconds: 36_000), "2026-02-10T03:00:00Z"),
        (.automatic, "2026-02-11T03:00:00Z"),
    ])
    func `the first run of a DAG without a start is the last tick only if that is wanted`(
        rule: RunImmediately, expected: String
    ) throws {
        let timetable = try Timetable(
            .timed(.cron("0 3 * * *", timezone: "UTC"), ScheduleTiming(runImmediately: rule)), zone: Zones.load)
        let run = timetable.next(after: nil, restriction: TimeRestriction(), now: now)
        #expect(run?.runAfter.iso8601 == expected)
    }

    @Test func `a run is the newest until the one after it is due`() throws {
        for schedule in [Schedule.cron("@daily", timezone: "UTC"), .cronIntervals("@daily", timezone: "UTC")] {
            let timetable = try Timetable(schedule, zone: Zones.load)
            let run = try #require(
                timetable.next(after: nil, restriction: TimeRestriction(earliest: now, catchup: true), now: now))
            #expect(timetable.isNewest(run.dataInterval, at: run.runAfter + .seconds(3_600)))
            #expect(!timetable.isNewest(run.dataInterval, at: run.runAfter + .seconds(86_401)))
        }
    }

    @Test(arguments: [
        (Schedule.cron("0 0 30 2 *", timezone: "UTC"), "it never fires"),
        (.cron("@daily", timezone: "Europe/Berln"), "schedule: there is no time zone \"Europe/Berln\""),
        (.crons([], timezone: "UTC"), "needs at least one expression"),
        (.every(seconds: 0), "every must be between 1 and"),
        (.timed(.once, ScheduleTiming(interval: 5)), "need a schedule of ticks"),
        (.timed(.every(seconds: 60), ScheduleTiming(interval: -1)), "interval must not be negative"),
    ])
    func `a schedule that cannot be followed is a problem of the DAG`(schedule: Schedule, problem: String) {
        let document = DAGDocument(id: "d", schedule: schedule, tasks: [task("t")])
        let problems = document.validate { $0 == "Europe/Berlin" }
        #expect(problems.count == 1 && problems[0].message.contains(problem), "\(problems)")
    }

    @Test func `a start after the end is a problem of the DAG`() {
        let document = DAGDocument(id: "d", start: now, end: now - .seconds(1), tasks: [task("t")])
        #expect(
            document.validate().map(\.message) == ["end 2026-02-10T11:59:59Z lies before start 2026-02-10T12:00:00Z"])
    }
}

struct DocumentTests {
    @Test func `documents of earlier versions can be read, and settings with default values are not written`() throws {
        let document = DAGDocument(id: "d", tasks: [task("t")])
        let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self)
        for key in ["limits", "past", "role", "groups", "owner\":null", "multiplier", "expansion"] {
            #expect(!text.contains(key))
        }
        #expect(try JSONDecoder().decode(DAGDocument.self, from: Data(text.utf8)) == document)
    }

    @Test func `every setting survives writing and reading`() throws {
        var task = task("g.t", role: .teardown(onFailureFailDagrun: true), group: "g")
        task.expansion = Expansion(.zip, [.output(task: "a"), .literal(count: 2, hash: "x")])
        task.limits.weightRule = .upstream
        task.limits.maxActiveTisPerDag = 3
        task.past.dependsOnPast = true
        task.owner = "ada"
        task.mapIndexTemplate = Template(segments: [.text("name")])
        task.retryDelay.multiplier = 3
        task.inputs = [TaskInput(task: "a", kind: .element, list: 0)]
        var document = DAGDocument(
            id: "d", schedule: .timed(.crons(["@daily"], timezone: "UTC"), ScheduleTiming(interval: 9)), tasks: [task])
        document.groups = [TaskGroupDocument(id: "g", tooltip: "tip", expansion: task.expansion)]
        document.limits.failFast = true
        document.doc = "# Title"
        #expect(try JSONDecoder().decode(DAGDocument.self, from: JSONEncoder().encode(document)) == document)
    }

    @Test func `settings that make no sense are problems with a remedy`() {
        var tasks = [
            task("first", rule: .oneFailed),
            task("down", ["first"], rule: .allDone, role: .teardown(onFailureFailDagrun: false)),
        ]
        tasks[0].limits.poolSlots = 0
        tasks[0].limits.maxActiveTisPerDag = 0
        tasks[0].mappedCount = 100_001
        var document = DAGDocument(id: "d", tasks: tasks)
        document.limits.maxActiveTasks = 0
        document.limits.dagrunTimeout = 0
        document.limits.maxConsecutiveFailedRuns = -1
        #expect(
            document.validate().map(\.message) == [
                "task first has no upstream task: one_failed says nothing; remove triggerRule or add an edge",
                "task first is mapped over 100001 elements; at most 100000 are allowed: give each instance more to do",
                "poolSlots: must be at least 1, is 0", "maxActiveTisPerDag: must be at least 1, is 0",
                "teardown down: its trigger rule must be all_done_setup_success",
                "maxActiveTasks: must be at least 1, is 0", "dagrunTimeout: must be above 0 s, is 0.0 s",
                "maxConsecutiveFailedRuns: must not be negative, is -1",
            ])
    }

    @Test func `mapped groups do not nest, fail-fast DAGs know one trigger rule`() {
        var inner = task("g.h.t", group: "g.h")
        inner.mappedCount = 2
        var document = DAGDocument(id: "d", tasks: [inner, task("end", ["g.h.t"], rule: .allDone)])
        let expansion = Expansion(.product, [.literal(count: 2, hash: nil)])
        document.groups = [
            TaskGroupDocument(id: "g", expansion: expansion), TaskGroupDocument(id: "g.h", expansion: expansion),
        ]
        document.limits.failFast = true
        #expect(
            document.validate().map(\.message) == [
                "task g.h.t is mapped inside a mapped group: map one of them only",
                "task end: in a DAG with failFast every trigger rule must be all_success, is all_done",
                "group g.h is mapped inside the mapped group g: map one of them only",
            ])
    }
}
