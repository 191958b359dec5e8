import DAGModel
import Testing

struct TimetableCronTests {
    @Test(arguments: [
        ("61 * * * *", "minute \"61\": must be between 0 and 59"),
        ("* 24 * * *", "hour \"24\": must be between 0 and 23"),
        ("* * 0 * *", "day of month \"0\": must be between 1 and 31, or L for the last day"),
        ("* * * foo *", "month \"foo\": must be between 1 and 12 or jan to dec"),
        ("* * * * 8", "day of week \"8\": must be between 0 and 7 (0 and 7 are Sunday) or sun to sat"),
        ("* * * * * 60", "second \"60\": must be between 0 and 59"),
        ("* * * * * 0 1969", "year \"1969\": must be between 1970 and 2099"),
        ("*/0 * * * *", "minute \"*/0\": the step after / must be a whole number above 0"),
        ("5-x * * * *", "minute \"x\": must be between 0 and 59"),
        ("-5 * * * *", "minute \"\": must be between 0 and 59"),
        ("1,, * * * *", "minute \"\": must be between 0 and 59"),
        ("? * * * *", "minute \"?\": ? may stand only alone, for any day of month or any day of week"),
        ("* * * * fri#6", "day of week \"fri#6\": after # stands which one of the month, between 1 and 5"),
        ("* * * * l", "day of week \"l\": L needs a weekday between 0 and 7, as in L5 for the last Friday"),
        ("* * 15w,16 * *", "day of month \"15w\": W may stand only alone, not in a list"),
        ("* * 32w * *", "day of month \"32w\": W needs one day between 1 and 31, as in 15W"),
        ("* * * * 1,fri#1", "day of week \"1,fri#1\": plain weekdays cannot stand in one list with # or L"),
        ("0 0 31 2,4 *", "it never fires: no such day exists in the months it names"),
        ("0 0 29 2 * 0 2027", "it never fires: no such day exists in the months it names"),
        ("* * * *", "it has 4 fields; it needs minute, hour, day of month"),
        ("", "it has 0 fields"),
        ("@fortnightly", "there is no such preset; there are @annually, @daily"),
    ])
    func `a wrong expression is refused with field, text and what is allowed`(text: String, problem: String) throws {
        let error = try #require(throws: CronError.self) { try CronExpression(text) }
        #expect(error.expression == text)
        #expect(error.description.contains(problem), "\(error)")
    }

    @Test func `all problems are told at once`() throws {
        let error = try #require(throws: CronError.self) { try CronExpression("61 25 0 13 9") }
        #expect(error.problems.count == 5)
    }

    @Test(arguments: [
        ("0 0 L * *", "2026-02-28T00:00:00Z"), ("0 0 15W * *", "2026-02-16T00:00:00Z"),
        ("0 0 1w 8 *", "2026-08-03T00:00:00Z"), ("0 0 31W * *", "2026-02-27T00:00:00Z"),
        ("0 0 * * MON#1", "2026-03-02T00:00:00Z"), ("0 0 * * L5", "2026-02-27T00:00:00Z"),
        ("0 0 13 * 5", "2026-02-13T00:00:00Z"), ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ("0 0 1 1 * 0 2030", "2030-01-01T00:00:00Z"), ("5 4 * * sun", "2026-02-15T04:05:00Z"),
        ("* * * * * 30", "2026-02-10T12:30:30Z"), ("@quarterly", "2026-04-01T00:00:00Z"),
        ("0 0 ? * 7", "2026-02-15T00:00:00Z"), ("0 0 * * fri-mon", "2026-02-13T00:00:00Z"),
        ("59/15 * * * *", "2026-02-10T12:59:00Z"), ("0 0 30-L * *", "2026-03-30T00:00:00Z"),
        ("0 0 13 * fri#3", "2026-02-20T00:00:00Z"), ("0 0 1-31 * 5", "2026-02-11T00:00:00Z"),
    ])
    func `the next time after 10 February 2026 12:30 follows the field's rules`(text: String, expected: String) throws {
        let cron = ZonedCron(try CronExpression(text), zone: .utc)
        let now = Instant(Day(2026, 2, 10), hour: 12, minute: 30)
        #expect(cron.next(after: now)?.iso8601 == expected)
    }

    @Test func `years that are over leave no next time`() throws {
        let cron = try CronExpression("0 0 1 1 * 0 2020-2025")
        let now = WallClock(Day(2026, 2, 10))
        #expect(cron.next(after: now) == nil)
        #expect(cron.previous(before: now) == WallClock(Day(2025, 1, 1)))
        #expect(cron.previous(before: WallClock(Day(2020, 1, 1))) == nil)
    }

    @Test(arguments: 0..<200)
    func `next and previous agree with a walk over every minute`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let sample = RandomCron(using: &random)
        let cron = try CronExpression(sample.text)
        for _ in 0..<4 {
            let start = WallClock(seconds: .random(in: 0...4_000_000_000, using: &random))
            let label = Comment(rawValue: "\(sample.text) at \(Instant(seconds: start.seconds).iso8601), seed \(seed)")
            checkNext(cron, sample, start, label)
            checkPrevious(cron, sample, start, label)
        }
    }

    @Test(arguments: 200..<300)
    func `times rise strictly and previous undoes next`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let cron = try CronExpression(RandomCron(using: &random).text)
        let start = WallClock(seconds: .random(in: 0...3_000_000_000, using: &random))
        var time = try #require(cron.next(after: start), "\(cron.text), seed \(seed)")
        for _ in 0..<50 {
            let next = try #require(cron.next(after: time))
            #expect(next > time)
            #expect(cron.previous(before: next) == time, "\(cron.text), seed \(seed)")
            time = next
        }
    }

    private static let window: Int64 = 3 * 1_440

    private func checkNext(_ cron: CronExpression, _ sample: RandomCron, _ start: WallClock, _ label: Comment) {
        let first = start.seconds - start.seconds % 60 + 60
        let walked = (0..<Self.window).lazy.map { WallClock(seconds: first + $0 * 60) }.first(where: sample.matches)
        let next = cron.next(after: start)
        if let walked {
            #expect(next == walked, label)
        } else {
            #expect(next.map { $0.seconds >= first + Self.window * 60 && sample.matches($0) } ?? false, label)
        }
    }

    private func checkPrevious(_ cron: CronExpression, _ sample: RandomCron, _ start: WallClock, _ label: Comment) {
        let last = (start.seconds - 1) - (start.seconds - 1) % 60
        let walked = (0..<Self.window).lazy.map { WallClock(seconds: last - $0 * 60) }.first(where: sample.matches)
        let previous = cron.previous(before: start)
        if let walked {
            #expect(previous == walked, label)
        } else {
            #expect(previous.map { $0.seconds <= last - Self.window * 60 && sample.matches($0) } ?? false, label)
        }
    }
}
