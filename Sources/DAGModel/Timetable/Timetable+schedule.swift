extension Timetable {
    /// The timetable of a DAG's schedule, as Airflow 3 reads it: a cron expression or a delta fires at its ticks and has empty
    /// data intervals. `@once` and `@continuous` are cron presets too.
    ///
    /// `zone` gives the rules of an IANA time zone and is asked only where they matter. Throws `CronError`,
    /// `ScheduleError`, or what `zone` throws.
    package init(_ schedule: Schedule, zone: (String) throws -> TimeZoneData) throws {
        switch schedule {
        case .manual: self = .manual
        case .cron("@once", timezone: _): self = .once
        case .cron("@continuous", timezone: _): self = .continuous
        case .cron(let text, let name):
            let expression = try CronExpression(text)
            self = .cronTrigger(ZonedCron(expression, zone: name == "UTC" ? .utc : try zone(name)))
        case .every(let seconds):
            guard ScheduleError.seconds.contains(seconds) else { throw ScheduleError(seconds: seconds) }
            self = .deltaTrigger(.seconds(seconds))
        }
    }
}

/// A schedule that repeats too often or too seldom.
package struct ScheduleError: Error, Hashable, CustomStringConvertible {
    /// Up to a hundred years.
    static let seconds: ClosedRange<Int64> = 1...3_155_760_000

    package let seconds: Int64

    package var description: String {
        "schedule: every must be between 1 and \(Self.seconds.upperBound) seconds, is \(seconds)"
    }
}
