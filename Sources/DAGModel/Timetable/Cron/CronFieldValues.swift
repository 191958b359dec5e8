/// What one field of a cron expression says, item by item, and every problem found on the way.
struct CronFieldValues {
    let field: CronField
    /// The text as written, lower case.
    let text: Substring
    var values: Set<Int> = []
    var hasStar = false
    var hasLastDay = false
    var nearestWeekdayTo: Int?
    var nthWeekdays: Set<CronDays.NthWeekday> = []
    var problems: [String] = []

    init(_ field: CronField, _ text: Substring) {
        self.field = field
        self.text = text
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        for item in items { read(item, alone: items.count == 1) }
    }

    /// Whether the field names every one of its values, without a star.
    var namesEveryValue: Bool { !hasStar && !hasLastDay && values.count == field.range.count }

    private mutating func readQuestionMark(_ item: Substring, alone: Bool) {
        guard alone, item == "?", field == .dayOfMonth || field == .dayOfWeek else {
            return fail(item, "? may stand only alone, for any day of month or any day of week")
        }
        hasStar = true
    }

    private mutating func read(_ item: Substring, alone: Bool) {
        switch field {
        case _ where item == "*": hasStar = true
        case _ where item.contains("?"): readQuestionMark(item, alone: alone)
        case .dayOfMonth where item == "l": hasLastDay = true
        case .dayOfMonth where item.hasPrefix("w") || item.hasSuffix("w"): readNearestWeekday(item, alone: alone)
        case .dayOfWeek where item.contains("#"): readNthWeekday(item)
        case .dayOfWeek where item.hasPrefix("l"): readLastWeekday(item)
        default: values.formUnion(range(item))
        }
    }

    private mutating func readNearestWeekday(_ item: Substring, alone: Bool) {
        let digits = item.hasPrefix("w") ? item.dropFirst() : item.dropLast()
        guard alone else { return fail(item, "W may stand only alone, not in a list") }
        guard let day = number(digits), field.range.contains(day) else {
            return fail(item, "W needs one day between 1 and 31, as in 15W")
        }
        nearestWeekdayTo = day
    }

    private mutating func readNthWeekday(_ item: Substring) {
        let parts = item.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, let nth = number(parts[1]), (1...5).contains(nth) else {
            return fail(item, "after # stands which one of the month, between 1 and 5")
        }
        for weekday in range(parts[0]) { nthWeekdays.insert(.init(weekday: weekday, nth: nth)) }
    }

    private mutating func readLastWeekday(_ item: Substring) {
        guard let weekday = field.value(item.dropFirst()) else {
            return fail(item, "L needs a weekday between 0 and 7, as in L5 for the last Friday")
        }
        nthWeekdays.insert(.init(weekday: weekday, nth: nil))
    }

    /// `5`, `5-9`, `5-9/2`, `5/2` and `*/2`.
    private mutating func range(_ item: Substring) -> [Int] {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let step = parts.count == 2 ? number(parts[1]) : 1, step > 0 else {
            fail(item, "the step after / must be a whole number above 0")
            return []
        }
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        if parts[0] == "*" { return steps(field.range.lowerBound, field.range.upperBound, step) }
        guard let low = value(bounds[0]) else { return [] }
        guard bounds.count == 2 else {
            return parts.count == 2 ? Array(stride(from: low, through: field.range.upperBound, by: step)) : [low]
        }
        guard let high = field == .dayOfMonth && bounds[1] == "l" ? 31 : value(bounds[1]) else { return [] }
        return low == high
            ? steps(field.range.lowerBound, field.range.upperBound, step) : steps(low, high, step)
    }

    private func steps(_ low: Int, _ high: Int, _ step: Int) -> [Int] {
        guard low > high else { return Array(stride(from: low, through: high, by: step)) }
        let upper = Array(stride(from: low, through: field.range.upperBound, by: step))
        let lower = field.range.lowerBound + skippedAfterWrapping(upper.last ?? low, step)
        return upper + stride(from: lower, through: high, by: step)
    }

    /// croniter counts one value too many when a stepped range wraps around, unless the step ends exactly at the edge.
    private func skippedAfterWrapping(_ last: Int, _ step: Int) -> Int {
        let left = field.range.upperBound - last
        return left < step && last - field.range.lowerBound + step > field.range.count ? step - left : 0
    }

    private mutating func value(_ text: Substring) -> Int? {
        let value = field.value(text)
        if value == nil { fail(text, "must be \(field.rule)") }
        return value
    }

    private mutating func fail(_ text: Substring, _ problem: String) {
        problems.append("\(field.title) \"\(text)\": \(problem)")
    }
}
