/// The seven fields of a cron expression, in the order in which they are written; seconds and years may be left out.
enum CronField: Int, CaseIterable, Sendable {
    case minute, hour, dayOfMonth, month, dayOfWeek, second, year

    /// The values that may be written, 7 for Sunday apart.
    var range: ClosedRange<Int> {
        switch self {
        case .minute, .second: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...6
        case .year: 1970...2099
        }
    }

    /// The field and what may stand in it, for errors.
    var rule: String {
        switch self {
        case .minute, .second, .hour, .year: "between \(range.lowerBound) and \(range.upperBound)"
        case .dayOfMonth: "between 1 and 31, or L for the last day"
        case .month: "between 1 and 12 or jan to dec"
        case .dayOfWeek: "between 0 and 7 (0 and 7 are Sunday) or sun to sat"
        }
    }

    var title: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        case .second: "second"
        case .year: "year"
        }
    }

    /// The number that `text` (lower case) stands for, or nil when the field has no such value.
    func value(_ text: Substring) -> Int? {
        guard let value = number(text) ?? named(text) else { return nil }
        if self == .dayOfWeek, value == 7 { return 0 }
        return range.contains(value) ? value : nil
    }

    private func named(_ text: Substring) -> Int? {
        switch self {
        case .month: monthNames.firstIndex(of: String(text)).map { $0 + 1 }
        case .dayOfWeek: weekdayNames.firstIndex(of: String(text))
        default: nil
        }
    }
}

private let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
private let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

/// A number written with the digits 0 to 9 only.
func number(_ text: Substring) -> Int? {
    !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
}
