extension Instant {
    /// The calendar day in UTC.
    public var day: Day {
        Day(daysSince1970: Int(microseconds / 86_400_000_000) - (secondOfDayMicroseconds < 0 ? 1 : 0))
    }

    private var secondOfDayMicroseconds: Int64 { microseconds % 86_400_000_000 }

    /// Microseconds since midnight in UTC, 0 ..< 86,400,000,000.
    public var microsecondOfDay: Int64 {
        let rest = secondOfDayMicroseconds
        return rest < 0 ? rest + 86_400_000_000 : rest
    }

    /// `2026-01-01T00:00:00Z`, with six decimals only when there is a fraction of a second.
    public var iso8601: String { formatted(zone: "Z") }

    /// `2026-01-01T00:00:00+00:00`, as Airflow writes it into run ids and templates.
    public var isoformat: String { formatted(zone: "+00:00") }

    /// `2026-01-01`, the template variable `ds`.
    public var dateText: String {
        let day = self.day
        return "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
    }

    private func formatted(zone: String) -> String {
        let seconds = Int(microsecondOfDay / 1_000_000)
        let fraction = Int(microsecondOfDay % 1_000_000)
        let clock = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(dateText)T\(clock)\(fraction == 0 ? "" : ".\(padded(fraction, 6))")\(zone)"
    }

    /// Reads `YYYY-MM-DD`, optionally `Thh:mm[:ss[.ffffff]]` (or a space for the `T`) and `Z`, `+hh:mm` or `+hhmm`;
    /// without a zone the text is UTC. Returns nil for anything else, and for days and times that do not exist.
    public init?(iso8601 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let dayOfMonth = scanner.digits(2)
        else { return nil }
        let day = Day(year, month, dayOfMonth)
        guard day.year == year, day.month == month, day.day == dayOfMonth else { return nil }
        var time: Int64 = 0
        var offset: Int64 = 0
        if !scanner.isAtEnd {
            guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let clock = scanner.clock(),
                let zone = scanner.zone()
            else { return nil }
            (time, offset) = (clock, zone)
        }
        guard scanner.isAtEnd else { return nil }
        self.init(microseconds: Int64(day.daysSince1970) * 86_400_000_000 + time - offset)
    }
}

func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        guard rest.count >= count else { return nil }
        var number = 0
        for byte in rest.prefix(count) {
            guard byte >= 48, byte <= 57 else { return nil }
            number = number * 10 + Int(byte - 48)
        }
        rest.removeFirst(count)
        return number
    }

    mutating func clock() -> Int64? {
        guard let hour = digits(2), skip(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
        var microseconds = Int64(hour * 3_600 + minute * 60) * 1_000_000
        guard skip(":") else { return microseconds }
        guard let second = digits(2), second < 60 else { return nil }
        microseconds += Int64(second) * 1_000_000
        guard skip(".") else { return microseconds }
        var unit: Int64 = 100_000
        var any = false
        while let digit = digits(1) {
            microseconds += Int64(digit) * unit
            unit /= 10
            any = true
        }
        return any ? microseconds : nil
    }

    mutating func zone() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : 1
        guard sign == -1 || skip("+"), let hour = digits(2) else { return nil }
        _ = skip(":")
        guard let minute = digits(2), hour < 24, minute < 60 else { return nil }
        return sign * Int64(hour * 3_600 + minute * 60) * 1_000_000
    }
}
