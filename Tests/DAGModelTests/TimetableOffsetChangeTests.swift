import DAGModel
import Testing

/// Cron expressions around the moments at which clocks change.
struct TimetableOffsetChangeTests {
    @Test(arguments: [
        "Europe/Berlin", "Europe/London", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo",
        "Pacific/Apia", "America/Nuuk",
    ])
    func `ticks rise strictly and are times that the expression names`(name: String) throws {
        try check(name, samples: 3)
    }

    @Test(.enabled(if: TimetableZoneTests.testsAll, "the whole world takes long; set SLIPSTREAM_TEST_ALL=1"))
    func `ticks rise strictly in every zone at every change from 1970 to 2049`() throws {
        for name in try Zones.all() { try check(name, samples: 2) }
    }

    @Test(arguments: [
        ("30 2 * * *", "2026-03-28T01:00:00Z", ["03-28T01:30", "03-29T01:30", "03-30T00:30"]),
        ("30 2 * * *", "2026-10-24T00:00:00Z", ["10-24T00:30", "10-25T01:30", "10-26T01:30"]),
        ("30 * * * *", "2026-10-24T23:00:00Z", ["10-24T23:30", "10-25T00:30", "10-25T01:30", "10-25T02:30"]),
    ])
    func `Berlin's ticks are those that Airflow names`(text: String, start: String, expected: [String]) throws {
        let cron = ZonedCron(try CronExpression(text), zone: try Zones.load("Europe/Berlin"))
        var time = try #require(Instant(iso8601: start))
        for tick in expected {
            time = try #require(cron.next(after: time))
            #expect(time.iso8601 == "2026-\(tick):00Z")
        }
    }

    private func check(_ name: String, samples: Int) throws {
        let zone = try Zones.load(name)
        var random = SeededGenerator(seed: name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
        for change in try OffsetChange.dumped(name) {
            for _ in 0..<samples { try check(RandomCron(using: &random), zone, change) }
        }
    }

    private func check(_ sample: RandomCron, _ zone: TimeZoneData, _ change: OffsetChange) throws {
        let cron = ZonedCron(try CronExpression(sample.text), zone: zone)
        let label = Comment(rawValue: "\(sample.text) in \(zone.name) at \(Instant(seconds: change.time).iso8601)")
        var time = Instant(seconds: change.time - 10_800)
        for _ in 0..<12 {
            let next = try #require(cron.next(after: time), label)
            #expect(next > time, label)
            #expect(cron.expression.coversEveryHour || isNamed(next, sample, zone, change), label)
            time = next
        }
    }

    /// Whether clocks show a time of the expression at `tick`, or would, had they not been put forward.
    private func isNamed(_ tick: Instant, _ sample: RandomCron, _ zone: TimeZoneData, _ change: OffsetChange) -> Bool {
        let shown = zone.wallClock(at: tick)
        return sample.matches(shown)
            || sample.matches(WallClock(seconds: shown.seconds - change.after + change.before))
    }
}
