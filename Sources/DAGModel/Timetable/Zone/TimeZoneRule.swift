/// The yearly rule of a zone, as the footer of a TZif file writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: RFC 8536, section 3.3, and POSIX, "TZ".
struct TimeZoneRule: Sendable, Hashable {
    /// Seconds east of UTC outside of summer time.
    var standard: Int64
    var summer: Summer?

    struct Summer: Sendable, Hashable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    /// The day of each year on which clocks change, and the time they show then.
    struct Change: Sendable, Hashable {
        var date: YearlyDate
        /// Seconds after midnight; may be negative or beyond the day.
        var time: Int64
    }

    enum YearlyDate: Sendable, Hashable {
        /// `J60`: 1 to 365; 29 February is never counted.
        case julian(Int)
        /// `59`: 0 to 365, with 29 February.
        case dayOfYear(Int)
        /// `M3.5.0`: month, week 1 to 5 (5 is the last), weekday 0 (Sunday) to 6.
        case weekday(month: Int, week: Int, weekday: Int)

        func day(in year: Int) -> Day {
            switch self {
            case .julian(let number):
                let leapDay = number > 59 && Day(year, 2, 1).daysInMonth == 29 ? 1 : 0
                return Day(year, 1, number + leapDay)
            case .dayOfYear(let number):
                return Day(year, 1, number + 1)
            case .weekday(let month, let week, let weekday):
                let first = Day(year, month, 1)
                let day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
                return Day(year, month, day > first.daysInMonth ? day - 7 : day)
            }
        }
    }

    func offset(at time: Int64) -> Int64 {
        transitions(around: time).last { $0.time <= time }?.offset ?? standard
    }

    /// The transitions of the year that `time` lies in and of both years beside it, in the order of time.
    func transitions(around time: Int64) -> [TimeZoneData.Transition] {
        guard let summer else { return [] }
        let year = WallClock(seconds: time).day.year
        let found = (year - 1...year + 1).flatMap { year in
            [
                TimeZoneData.Transition(time: summer.start.moment(in: year) - standard, offset: summer.offset),
                TimeZoneData.Transition(time: summer.end.moment(in: year) - summer.offset, offset: standard),
            ]
        }
        return found.sorted { $0.time < $1.time }
    }
}

extension TimeZoneRule.Change {
    fileprivate func moment(in year: Int) -> Int64 { WallClock(date.day(in: year)).seconds + time }
}
