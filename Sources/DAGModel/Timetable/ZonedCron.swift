/// A cron expression in a time zone: the instants at which it fires.
///
/// Times are found on the wall clock and then turned into instants: a skipped time fires late by as much as clocks were
/// moved, a repeated one on its second occurrence. An expression for every hour counts real time instead, so that it
/// fires in both of two equal hours.
///
/// Source: Airflow 3.3.2, `timetables/_cron.py`, `CronMixin`.
package struct ZonedCron: Sendable, Hashable {
    package let expression: CronExpression
    package let zone: TimeZoneData

    package init(_ expression: CronExpression, zone: TimeZoneData) {
        self.expression = expression
        self.zone = zone
    }

    /// The tick after an instant; nil when there is none.
    package func next(after instant: Instant) -> Instant? {
        let now = zone.wallClock(at: instant)
        guard let tick = expression.next(after: now) else { return nil }
        guard expression.coversEveryHour else { return zone.instant(of: tick) }
        return Instant(seconds: instant.wholeSeconds + tick.seconds - now.seconds)
    }

    /// The tick before an instant; nil when there is none.
    ///
    /// Where clocks change it may lie at or after `instant`, as in Airflow 3.3.2: at 03:30, an hour after clocks went from 02:00 to
    /// 03:00, the tick before of `30 2 * * *` is that of today, which fires at 03:30.
    package func previous(before instant: Instant) -> Instant? {
        let begun = instant.wholeSeconds * 1_000_000 < instant.microseconds ? Int64(1) : 0
        let now = WallClock(seconds: zone.wallClock(at: instant).seconds + begun)
        guard let tick = expression.previous(before: now) else { return nil }
        guard expression.coversEveryHour else { return zone.instant(of: tick) }
        return Instant(seconds: instant.wholeSeconds + begun + tick.seconds - now.seconds)
    }
}
