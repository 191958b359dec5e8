/// A calendar day of the proleptic Gregorian calendar, without time or zone.
public struct Day: Sendable, Hashable, Comparable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// A day from its parts; parts out of range are carried over (`Day(2026, 13, 1)` is 1 January 2027).
    public init(_ year: Int, _ month: Int, _ day: Int) {
        let carried = year + (month - 1).flooredDivision(by: 12)
        let normal = (month - 1) - (month - 1).flooredDivision(by: 12) * 12 + 1
        self.init(daysSince1970: Self.days(year: carried, month: normal, day: 1) + day - 1)
    }

    /// The day that lies this many days after 1970-01-01.
    ///
    /// Source: the era arithmetic of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    public init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01; negative before it.
    public var daysSince1970: Int { Self.days(year: year, month: month, day: day) }

    /// 0 for Sunday to 6 for Saturday, as in cron.
    public var weekday: Int {
        let index = (daysSince1970 + 4) % 7
        return index < 0 ? index + 7 : index
    }

    /// The number of days of the month that this day lies in.
    public var daysInMonth: Int { Day(year, month + 1, 1).daysSince1970 - Day(year, month, 1).daysSince1970 }

    public static func < (left: Day, right: Day) -> Bool { left.daysSince1970 < right.daysSince1970 }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredDivision(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int {
    /// The quotient rounded towards negative infinity.
    func flooredDivision(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
