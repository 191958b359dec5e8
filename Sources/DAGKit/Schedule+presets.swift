public import DAGModel

extension Schedule {
    /// At each tick of a cron expression in UTC.
    public static func cron(_ expression: String) -> Schedule { .cron(expression, timezone: "UTC") }

    /// At each tick of any of these cron expressions, in one time zone; "UTC" unless you say otherwise.
    public static func crons(_ expressions: String..., timezone: String = "UTC") -> Schedule {
        .crons(expressions, timezone: timezone)
    }

    /// At the end of each interval between two ticks of a cron expression; the run works on that interval, and its logical date is the
    /// interval's start, as in Airflow 2.
    public static func cronIntervals(_ expression: String) -> Schedule { .cronIntervals(expression, timezone: "UTC") }

    /// Every so often, counted from the DAG's `start`; whole seconds, at least one.
    public static func every(_ interval: Duration) -> Schedule {
        .every(seconds: interval.components.seconds)
    }

    /// At the end of each interval of this length, counted from the DAG's `start`; the run works on that interval.
    public static func intervals(_ length: Duration) -> Schedule { .intervals(seconds: length.components.seconds) }

    /// Gives each run of a schedule of ticks a data interval of this length that ends at its tick, instead of an empty one.
    ///
    /// ```swift
    /// let schedule = Schedule.cron("0 6 * * *").interval(.hours(24))
    /// ```
    public func interval(_ length: Duration) -> Schedule {
        timed { $0.interval = length.components.seconds }
    }

    /// Says what becomes of the tick that has just passed when a DAG without a `start` is first seen. Without it the DAG waits for the next.
    public func runImmediately(_ rule: RunImmediately) -> Schedule {
        timed { $0.runImmediately = rule }
    }

    private func timed(_ change: (inout ScheduleTiming) -> Void) -> Schedule {
        var (schedule, timing) = (self, ScheduleTiming())
        if case .timed(let inner, let old) = self { (schedule, timing) = (inner, old) }
        change(&timing)
        return .timed(schedule, timing)
    }

    /// At minute 0 of every hour.
    public static let hourly = Schedule.cron("@hourly")
    /// At 00:00 UTC every day.
    public static let daily = Schedule.cron("@daily")
    /// At 00:00 UTC on Sundays.
    public static let weekly = Schedule.cron("@weekly")
    /// At 00:00 UTC on the first day of a month.
    public static let monthly = Schedule.cron("@monthly")
    /// At 00:00 UTC on the first day of January, April, July and October.
    public static let quarterly = Schedule.cron("@quarterly")
    /// At 00:00 UTC on the first of January.
    public static let yearly = Schedule.cron("@yearly")
}

extension Duration {
    /// So many minutes.
    public static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    /// So many hours.
    public static func hours(_ count: Int) -> Duration { .seconds(count * 3_600) }
}
