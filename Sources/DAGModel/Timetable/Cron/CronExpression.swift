/// A cron expression: a calendar of wall-clock times, before any time zone is applied.
///
/// Five fields (minute, hour, day of month, month, day of week), or six with seconds last, or seven with years after
/// them; or a preset: `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@quarterly`, `@yearly`, `@annually`.
///
/// | in a field | means |
/// |---|---|
/// | `*` | every value; in a day field also `?` |
/// | `1,3,5-9` | a list of values and ranges; a range may wrap around (`fri-mon`) |
/// | `*/15`, `10/15`, `10-40/15` | every 15th value, from the first one named |
/// | `jan`, `mon` | months and weekdays by name; 0 and 7 are Sunday |
/// | `L` | the last day of the month; with a weekday, `L5`, the last Friday |
/// | `15W` | the weekday nearest to the 15th |
/// | `mon#1` | the first Monday of the month |
///
/// When day of month and day of week are both restricted, a day needs to match only one of them. The rules, also the odd
/// ones, are those of croniter 7, which Airflow 3.3.2 uses: a range from a value to itself (`5-5`) is the whole field.
package struct CronExpression: Sendable, Hashable {
    /// The text as written.
    package let text: String
    /// Whether the hour field allows every hour; time zones treat such expressions differently.
    package let coversEveryHour: Bool
    let days: CronDays
    let times: CronTimes

    /// The first time after `time`, or nil when the years named in the expression are over.
    package func next(after time: WallClock) -> WallClock? {
        let day = time.day
        if let second = times.next(after: time.secondOfDay), days.contains(day) {
            return WallClock(day, secondOfDay: second)
        }
        return days.next(after: day).map { WallClock($0, secondOfDay: times.first) }
    }

    /// The last time before `time`, or nil when `time` lies before the years named in the expression.
    package func previous(before time: WallClock) -> WallClock? {
        let day = time.day
        if let second = times.previous(before: time.secondOfDay), days.contains(day) {
            return WallClock(day, secondOfDay: second)
        }
        return days.previous(before: day).map { WallClock($0, secondOfDay: times.last) }
    }
}

/// Everything that is wrong with a cron expression, one sentence for each problem.
package struct CronError: Error, Hashable, CustomStringConvertible {
    package let expression: String
    package let problems: [String]

    package var description: String {
        "the cron expression \"\(expression)\" is wrong: \(problems.joined(separator: "; "))"
    }
}
