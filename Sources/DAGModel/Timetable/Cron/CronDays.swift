/// The days on which a cron expression fires.
struct CronDays: Sendable, Hashable {
    /// Nil when every year is allowed.
    var years: Set<Int>?
    var months: CronSet
    var daysOfMonth: CronSet
    /// `L`: the last day of the month.
    var lastDayOfMonth = false
    /// `15W`: the weekday nearest to this day of the month, within the month.
    var nearestWeekdayTo: Int?
    var weekdays: CronSet
    /// `fri#2`: weekday and which one of the month, 1 to 5.
    var nthWeekdays: Set<NthWeekday> = []
    /// A day need only match one of both fields when both are restricted.
    var isDayOfMonthRestricted: Bool
    var isWeekdayRestricted: Bool

    struct NthWeekday: Sendable, Hashable {
        var weekday: Int
        /// Nil is the last one of the month.
        var nth: Int?
    }

    func contains(_ day: Day) -> Bool { matches(in: day.year, day.month).contains(day.day) }

    func next(after day: Day) -> Day? {
        if let found = matches(in: day.year, day.month).next(atLeast: day.day + 1) {
            return Day(day.year, day.month, found)
        }
        return firstMonth(from: day, step: 1) { $0.first }
    }

    func previous(before day: Day) -> Day? {
        if let found = matches(in: day.year, day.month).previous(atMost: day.day - 1) {
            return Day(day.year, day.month, found)
        }
        return firstMonth(from: day, step: -1) { $0.last }
    }

    /// No expression that fires at all pauses longer: 29 February falls on a given weekday every 40 years at worst.
    private static let longestPauseInYears = 50

    private func firstMonth(from day: Day, step: Int, pick: (CronSet) -> Int?) -> Day? {
        var month = day.year * 12 + day.month - 1 + step
        while true {
            let first = Day(0, month + 1, 1)
            guard abs(first.year - day.year) <= Self.longestPauseInYears else { return nil }
            if let found = pick(matches(in: first.year, first.month)) { return Day(first.year, first.month, found) }
            month += step
        }
    }

    /// The days of one month that match.
    private func matches(in year: Int, _ month: Int) -> CronSet {
        guard months.contains(month), years?.contains(year) ?? true else { return CronSet() }
        let first = Day(year, month, 1)
        let shape = MonthShape(firstWeekday: first.weekday, length: first.daysInMonth)
        return CronSet((1...shape.length).filter { matches($0, shape) })
    }

    /// With `#` or `W` the other field of the two cannot widen the choice, as in croniter.
    private func matches(_ day: Int, _ month: MonthShape) -> Bool {
        let nth = nthWeekdays.isEmpty ? nil : matchesNthWeekday(day, month)
        let nearest = nearestWeekdayTo.map { month.nearestWeekday(to: $0) == day }
        let ofMonth = nearest ?? (!isDayOfMonthRestricted || matchesDayOfMonth(day, month))
        let ofWeek = nth ?? (!isWeekdayRestricted || weekdays.contains(month.weekday(day)))
        guard isDayOfMonthRestricted, isWeekdayRestricted else { return ofMonth && ofWeek }
        return ofMonth && nth ?? true || ofWeek && nearest ?? true
    }

    private func matchesDayOfMonth(_ day: Int, _ month: MonthShape) -> Bool {
        daysOfMonth.contains(day) || lastDayOfMonth && day == month.length
    }

    private func matchesNthWeekday(_ day: Int, _ month: MonthShape) -> Bool {
        let weekday = month.weekday(day)
        return nthWeekdays.contains(NthWeekday(weekday: weekday, nth: (day - 1) / 7 + 1))
            || day + 7 > month.length && nthWeekdays.contains(NthWeekday(weekday: weekday, nth: nil))
    }
}

/// What a month looks like on the calendar: the weekday it begins with, and how many days it has.
private struct MonthShape {
    var firstWeekday: Int
    var length: Int

    func weekday(_ day: Int) -> Int { (firstWeekday + day - 1) % 7 }

    func nearestWeekday(to day: Int) -> Int {
        let day = min(day, length)
        switch weekday(day) {
        case 6: return day > 1 ? day - 1 : day + 2
        case 0: return day < length ? day + 1 : day - 2
        default: return day
        }
    }
}
