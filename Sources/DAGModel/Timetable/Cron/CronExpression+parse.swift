extension CronExpression {
    /// Reads an expression or preset, without regard to case.
    ///
    /// Throws `CronError` with every problem at once, also for an expression that never fires (`0 0 31 2 *`).
    package init(_ text: String) throws(CronError) {
        let fields = try CronExpression.fields(text)
        let problems = fields.flatMap(\.problems) + CronExpression.weekdayProblems(fields[4])
        guard problems.isEmpty else { throw CronError(expression: text, problems: problems) }
        self.text = text
        coversEveryHour = fields[1].namesEveryValue || fields[1].hasStar && fields[1].values.isEmpty
        times = CronTimes(hours: fields[1].set, minutes: fields[0].set, seconds: fields.count > 5 ? fields[5].set : [0])
        days = CronDays(fields)
        guard days.everMatch else {
            throw CronError(expression: text, problems: ["it never fires: no such day exists in the months it names"])
        }
    }

    private static func fields(_ text: String) throws(CronError) -> [CronFieldValues] {
        let lower = text.lowercased()
        if lower.hasPrefix("@"), presets[lower] == nil {
            let known = presets.keys.sorted().joined(separator: ", ")
            throw CronError(expression: text, problems: ["there is no such preset; there are \(known)"])
        }
        let words = (presets[lower] ?? lower).split { $0.isASCII && $0.isWhitespace }
        guard (5...7).contains(words.count) else {
            throw CronError(expression: text, problems: ["it has \(words.count) fields; \(order)"])
        }
        return zip(CronField.allCases, words).map { CronFieldValues($0, $1) }
    }

    private static func weekdayProblems(_ weekday: CronFieldValues) -> [String] {
        let plain = weekday.values.subtracting(weekday.nthWeekdays.map(\.weekday))
        guard !weekday.nthWeekdays.isEmpty, !plain.isEmpty, weekday.values.count < 7 else { return [] }
        return ["day of week \"\(weekday.text)\": plain weekdays cannot stand in one list with # or L"]
    }

    private static let order =
        "it needs minute, hour, day of month, month and day of week, then, if wanted, second and year"

    private static let presets = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
}

extension CronFieldValues {
    /// The values allowed; a star allows all. For fields below 64 only.
    fileprivate var set: CronSet { hasStar ? CronSet(field.range) : CronSet(values) }
}

extension CronSet: ExpressibleByArrayLiteral {
    init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension CronDays {
    fileprivate init(_ fields: [CronFieldValues]) {
        let (ofMonth, ofWeek) = (fields[2], fields[4])
        self.init(
            years: fields.count > 6 && !fields[6].hasStar ? fields[6].values : nil, months: fields[3].set,
            daysOfMonth: ofMonth.set, lastDayOfMonth: ofMonth.hasLastDay, nearestWeekdayTo: ofMonth.nearestWeekdayTo,
            weekdays: ofWeek.set, nthWeekdays: ofWeek.nthWeekdays,
            isDayOfMonthRestricted: ofMonth.isRestricted(beside: ofWeek),
            isWeekdayRestricted: ofWeek.isRestricted(beside: ofMonth))
    }

    /// Whether there is any day; the years 2000 to 2027 show every shape a year can have.
    fileprivate var everMatch: Bool {
        guard let years else { return next(after: Day(1999, 12, 31)) != nil }
        return years.contains { year in next(after: Day(year - 1, 12, 31)).map { $0.year == year } ?? false }
    }
}

extension CronFieldValues {
    /// A day field that names all its values counts as a star only if a star stands somewhere in the other day field.
    fileprivate func isRestricted(beside other: CronFieldValues) -> Bool {
        !hasStar && !(namesEveryValue && other.text.contains("*"))
    }
}
