import DAGModel
import Testing

/// Next ticks of random cron expressions, compared with a walk over every minute of the wall clock and the offsets that `zdump` tells.
struct TimetableWalkTests {
    private static let zones = [
        "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Havana", "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Africa/Casablanca", "Asia/Gaza", "Pacific/Apia",
    ]

    @Test(arguments: zones)
    func `two days around each change of clocks, the next tick is the one that a walk finds`(name: String) throws {
        try check(name, spacing: 6 * 3_600)
    }

    @Test(.enabled(if: TimetableZoneTests.testsAll, "the whole world takes long; set SLIPSTREAM_TEST_ALL=1"))
    func `two days around each change of every zone, the next tick is the one that a walk finds`() throws {
        for name in try Zones.all() { try check(name, spacing: 6 * 3_600) }
    }

    @Test func `on a thousand random days the next tick is the one that a walk finds`() throws {
        var random = SeededGenerator(seed: 1_000)
        let walkers = try Self.zones.map { try ClockWalk($0) }
        for _ in 0..<1_000 {
            let walk = try #require(walkers.randomElement(using: &random))
            walk.check(RandomCron(using: &random), at: Int64.random(in: 0..<2_500_000_000, using: &random))
        }
    }

    private func check(_ name: String, spacing: Int64) throws {
        let walk = try ClockWalk(name)
        var random = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for change in walk.changes {
            let cron = RandomCron(using: &random)
            let shift = Int64.random(in: 0..<spacing, using: &random)
            for time in stride(from: change.time - 86_400 + shift, to: change.time + 86_400, by: Int(spacing)) {
                walk.check(cron, at: time)
            }
        }
    }
}

/// A zone, once as the product reads it and once as `zdump` tells it.
private struct ClockWalk {
    let zone: TimeZoneData
    let changes: [OffsetChange]
    private let firstOffset: Int64

    /// How far a walk goes, in minutes.
    private static let horizon: Int64 = 2 * 1_440

    init(_ name: String) throws {
        zone = try Zones.load(name)
        changes = try OffsetChange.dumped(name)
        firstOffset = changes.first?.before ?? Int64(zone.utcOffset(at: Instant(seconds: 0)))
    }

    func check(_ sample: RandomCron, at time: Int64) {
        guard let expression = try? CronExpression(sample.text) else {
            Issue.record("\(sample.text) is refused")
            return
        }
        let cron = ZonedCron(expression, zone: zone)
        let next = cron.next(after: Instant(seconds: time))
        let label = Comment(rawValue: "\(sample.text) in \(zone.name) after \(Instant(seconds: time).iso8601)")
        let shown = time + offset(at: time)
        let first = shown - shown % 60 + 60
        let minutes = stride(from: first, to: first + Self.horizon * 60, by: 60)
        guard let tick = minutes.first(where: { sample.matches(WallClock(seconds: $0)) }) else {
            // Samoa left out a whole day.
            #expect(next.map { $0 > Instant(seconds: time + (Self.horizon - 1_500) * 60) } ?? true, label)
            return
        }
        let expected = expression.coversEveryHour ? time + tick - shown : instant(of: tick)
        #expect(next == Instant(seconds: expected), label)
    }

    private func offset(at time: Int64) -> Int64 { changes.last { $0.time <= time }?.after ?? firstOffset }

    /// The later of two equal times; a time that clocks skip comes as late as they were put forward.
    private func instant(of shown: Int64) -> Int64 {
        let near = changes.filter { abs($0.time - shown) < 3 * 86_400 }
        let offsets = Set(near.flatMap { [$0.before, $0.after] } + [offset(at: shown)])
        let moments = offsets.map { shown - $0 }.filter { $0 + offset(at: $0) == shown }
        if let last = moments.max() { return last }
        let gap = near.first { shown >= $0.time + $0.before && shown < $0.time + $0.after }
        return shown - (gap?.before ?? 0)
    }
}
