public import DAGModel

extension Schedule {
    /// At each tick of a cron expression in UTC.
    public static func cron(_ expression: String) -> Schedule { .cron(expression, timezone: "UTC") }

    /// Every so often, counted from the DAG's `start`; whole seconds, at least one.
    public static func every(_ interval: Duration) -> Schedule {
        .every(seconds: interval.components.seconds)
    }

    /// At minute 0 of every hour.
    public static let hourly = Schedule.cron("@hourly")
    /// At 00:00 UTC every day.
    public static let daily = Schedule.cron("@daily")
    /// At 00:00 UTC on Sundays.
    public static let weekly = Schedule.cron("@weekly")
    /// At 00:00 UTC on the first day of a month.
    public static let monthly = Schedule.cron("@monthly")
}

extension Duration {
    /// So many minutes.
    public static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    /// So many hours.
    public static func hours(_ count: Int) -> Duration { .seconds(count * 3_600) }
}
