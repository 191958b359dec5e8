extension Timetable {
    /// The timetable of a DAG's schedule, as Airflow 3 reads it: a cron expression or a delta fires at its ticks and has empty
    /// data intervals. `@once` and `@continuous` are cron presets too.
    ///
    /// `zone` gives the rules of an IANA time zone and is asked only where they matter. Throws `CronError`,
    /// `ScheduleError`, or what `zone` throws.
    package init(_ schedule: Schedule, zone: (String) throws -> TimeZoneData) throws {
        switch schedule {
        case .manual, .assets: self = .manual
        case .assetsOrTime(_, let schedule): self = try Timetable(schedule, zone: zone)
        case .once, .cron("@once", timezone: _): self = .once
        case .continuous, .cron("@continuous", timezone: _): self = .continuous
        case .cron(let text, let name):
            self = .trigger(.cron(try ZonedCron(text, name, zone)), interval: .zero, runImmediately: .never)
        case .crons(let texts, let name):
            guard !texts.isEmpty else {
                throw ScheduleError("a schedule of several crons needs at least one expression")
            }
            let crons = try texts.map { try ZonedCron($0, name, zone) }
            self = .trigger(.crons(crons), interval: .zero, runImmediately: .never)
        case .every(let seconds):
            self = .trigger(.delta(try duration(seconds)), interval: .zero, runImmediately: .never)
        case .cronIntervals(let text, let name): self = .intervals(.cron(try ZonedCron(text, name, zone)))
        case .intervals(let seconds): self = .intervals(.delta(try duration(seconds)))
        case .timed(let schedule, let timing):
            guard case .trigger(let ticks, _, _) = try Timetable(schedule, zone: zone) else {
                throw ScheduleError("interval and runImmediately need a schedule of ticks: a cron expression or every")
            }
            guard timing.interval >= 0 else {
                throw ScheduleError("interval must not be negative, is \(timing.interval) s")
            }
            self = .trigger(ticks, interval: .seconds(timing.interval), runImmediately: timing.runImmediately)
        }
    }
}

extension ZonedCron {
    fileprivate init(_ text: String, _ name: String, _ zone: (String) throws -> TimeZoneData) throws {
        self.init(try CronExpression(text), zone: name == "UTC" ? .utc : try zone(name))
    }
}

private func duration(_ seconds: Int64) throws -> Duration {
    guard ScheduleError.seconds.contains(seconds) else {
        throw ScheduleError("every must be between 1 and \(ScheduleError.seconds.upperBound) seconds, is \(seconds)")
    }
    return .seconds(seconds)
}

/// A schedule that no runs can be made of.
package struct ScheduleError: Error, Hashable, CustomStringConvertible {
    /// Up to a hundred years.
    static let seconds: ClosedRange<Int64> = 1...3_155_760_000

    package let problem: String

    init(_ problem: String) { self.problem = problem }

    package var description: String { "schedule: \(problem)" }
}
