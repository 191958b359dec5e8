import DAGModel
import Testing

struct TimetableGoldenTests {
    @Test func `every timetable answers as Airflow does`() throws {
        try check(Golden.cases("timetables.json"))
    }

    @Test func `every timetable answers as Airflow does in random cases`() throws {
        try check(Golden.cases("timetables_more.json", in: Golden.own))
    }

    private func check(_ cases: [TimetableCase]) throws {
        #expect(!cases.isEmpty)
        for (index, golden) in cases.enumerated() {
            let timetable = try golden.timetable()
            let label = Comment(rawValue: "case \(index): \(golden)")
            #expect(timetable.manualInterval(at: golden.now) == golden.manual.interval, label)
            #expect(golden.answers(of: timetable) == golden.runs.map { $0?.info }, label)
        }
    }
}

private struct TimetableCase: Decodable {
    struct Span: Decodable {
        var start: Instant
        var end: Instant
        var interval: DataInterval { DataInterval(start: start, end: end) }
    }

    struct Run: Decodable {
        var runAfter: Instant
        var dataIntervalStart: Instant
        var dataIntervalEnd: Instant
        var info: DAGRunInfo {
            DAGRunInfo(
                runAfter: runAfter, dataInterval: DataInterval(start: dataIntervalStart, end: dataIntervalEnd))
        }
    }

    var kind: String
    var timezone: String?
    var cron: String?
    var intervalSeconds: Int64?
    var deltaSeconds: Int64?
    var start: Instant?
    var end: Instant?
    var catchup: Bool
    var now: Instant
    var manual: Span
    var runs: [Run?]

    func timetable() throws -> Timetable {
        let interval = Duration.seconds(intervalSeconds ?? 0)
        switch kind {
        case "cron_trigger": return .cronTrigger(try zonedCron(), interval: interval)
        case "cron_interval": return .cronInterval(try zonedCron())
        case "delta_trigger": return .deltaTrigger(.seconds(try #require(deltaSeconds)), interval: interval)
        default:
            try #require(kind == "delta_interval")
            return .deltaInterval(.seconds(try #require(deltaSeconds)))
        }
    }

    func answers(of timetable: Timetable) -> [DAGRunInfo?] {
        let restriction = TimeRestriction(earliest: start, latest: end, catchup: catchup)
        var answers: [DAGRunInfo?] = []
        for _ in runs {
            let last = answers.last.flatMap(\.self)?.dataInterval
            answers.append(timetable.next(after: last, restriction: restriction, now: now))
        }
        return answers
    }

    private func zonedCron() throws -> ZonedCron {
        ZonedCron(try CronExpression(try #require(cron)), zone: try Zones.load(try #require(timezone)))
    }
}
