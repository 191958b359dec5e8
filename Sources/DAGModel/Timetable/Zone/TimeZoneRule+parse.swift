extension TimeZoneRule {
    /// Reads the footer of a TZif file; nil when it is not one.
    init?(_ text: Substring) {
        var scanner = RuleScanner(rest: text)
        guard scanner.skipName(), let west = scanner.signedTime() else { return nil }
        standard = -west
        guard !scanner.rest.isEmpty else { return }
        guard scanner.skipName() else { return nil }
        let summerWest = scanner.rest.first == "," ? west - 3_600 : scanner.signedTime()
        guard let summerWest, let start = scanner.change(), let end = scanner.change(), scanner.rest.isEmpty else {
            return nil
        }
        summer = Summer(offset: -summerWest, start: start, end: end)
    }
}

private struct RuleScanner {
    var rest: Substring

    mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// `CET` or `<+0330>`.
    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let name = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        guard digits.count <= 3, let number = Int(digits), range.contains(number) else { return nil }
        return number
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func signedTime() -> Int64? {
        let sign: Int64 = skip("-") ? -1 : 1
        if sign == 1 { _ = skip("+") }
        guard let hours = integer(0...167) else { return nil }
        guard let minutes = skip(":") ? integer(0...59) : 0, let seconds = skip(":") ? integer(0...59) : 0 else {
            return nil
        }
        return sign * Int64(hours * 3_600 + minutes * 60 + seconds)
    }

    /// `,M3.5.0/2`; without a time it is two o'clock.
    mutating func change() -> TimeZoneRule.Change? {
        guard skip(","), let date = date(), let time = skip("/") ? signedTime() : 7_200 else { return nil }
        return TimeZoneRule.Change(date: date, time: time)
    }

    private mutating func date() -> TimeZoneRule.YearlyDate? {
        if skip("J") { return integer(1...365).map { .julian($0) } }
        guard skip("M") else { return integer(0...365).map { .dayOfYear($0) } }
        guard let month = integer(1...12), skip("."), let week = integer(1...5), skip("."), let weekday = integer(0...6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}
