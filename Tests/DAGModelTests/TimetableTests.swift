import DAGModel
import Testing

struct TimetableTests {
    private let now = Instant(Day(2026, 2, 10), hour: 12)

    @Test func `a cron schedule fires at its ticks in its zone`() throws {
        let timetable = try Timetable(.cron("0 3 * * *", timezone: "Europe/Berlin"), zone: Zones.load)
        let run = timetable.next(after: nil, restriction: TimeRestriction(earliest: now, catchup: true), now: now)
        #expect(run == DAGRunInfo(at: Instant(Day(2026, 2, 11), hour: 2)))
    }

    @Test func `a schedule every so often counts from the start`() throws {
        let timetable = try Timetable(.every(seconds: 90), zone: Zones.load)
        let restriction = TimeRestriction(earliest: now, catchup: true)
        let first = timetable.next(after: nil, restriction: restriction, now: now)
        #expect(first == DAGRunInfo(at: now))
        let second = timetable.next(after: first?.dataInterval, restriction: restriction, now: now)
        #expect(second == DAGRunInfo(at: now + .seconds(90)))
    }

    @Test(arguments: [Int64.min, -1, 0, 3_155_760_001, .max])
    func `a schedule that repeats too often or too seldom is refused`(seconds: Int64) {
        #expect(throws: ScheduleError.self) { try Timetable(.every(seconds: seconds), zone: Zones.load) }
    }

    @Test func `a manual schedule never fires, and its runs stand for a moment`() throws {
        let timetable = try Timetable(.manual, zone: Zones.load)
        #expect(timetable.next(after: nil, restriction: TimeRestriction(earliest: now), now: now) == nil)
        #expect(timetable.manualInterval(at: now) == DataInterval(at: now))
    }

    @Test func `once is one run at the start, or now without a start`() throws {
        let timetable = try Timetable(.cron("@once", timezone: "UTC"), zone: Zones.load)
        let run = timetable.next(after: nil, restriction: TimeRestriction(), now: now)
        #expect(run == DAGRunInfo(at: now))
        #expect(timetable.next(after: run?.dataInterval, restriction: TimeRestriction(), now: now) == nil)
        let late = TimeRestriction(earliest: now, latest: now - .seconds(1))
        #expect(timetable.next(after: nil, restriction: late, now: now) == nil)
    }

    @Test func `continuous runs follow each other without a gap`() throws {
        let timetable = try Timetable(.cron("@continuous", timezone: "UTC"), zone: Zones.load)
        let restriction = TimeRestriction(earliest: now - .seconds(60))
        let first = timetable.next(after: nil, restriction: restriction, now: now)
        #expect(first?.dataInterval == DataInterval(start: now - .seconds(60), end: now))
        let later = now + .seconds(5)
        let second = timetable.next(after: first?.dataInterval, restriction: restriction, now: later)
        #expect(second?.dataInterval == DataInterval(start: now, end: later))
    }

    @Test(arguments: 0..<300)
    func `logical dates rise strictly, also where clocks change and where Airflow gives up`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let names = ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"]
        let zone = try Zones.load(names[seed % names.count])
        let cron = ZonedCron(try CronExpression(RandomCron(using: &random).text), zone: zone)
        let timetable = Bool.random(using: &random) ? Timetable.cronTrigger(cron) : .cronInterval(cron)
        let change = try #require(try OffsetChange.dumped(zone.name).randomElement(using: &random))
        var now = Instant(seconds: change.time + Int64.random(in: -7_200...7_200, using: &random))
        let restriction = TimeRestriction(earliest: now - .seconds(86_400), catchup: Bool.random(using: &random))
        var last: DataInterval?
        for _ in 0..<20 {
            let label = Comment(rawValue: "\(cron.expression.text) in \(zone.name) at \(now.iso8601), seed \(seed)")
            let run = try #require(timetable.next(after: last, restriction: restriction, now: now), label)
            #expect(last.map { $0.start < run.logicalDate } ?? true, label)
            last = run.dataInterval
            now = now + .seconds(Int64.random(in: 0...3_600, using: &random))
        }
    }
}

extension DAGRunInfo {
    fileprivate init(at moment: Instant) { self.init(runAfter: moment, dataInterval: DataInterval(at: moment)) }
}
