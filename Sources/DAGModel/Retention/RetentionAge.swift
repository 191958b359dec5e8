/// How long something is kept after its end.
package enum RetentionAge: Sendable, Hashable, CustomStringConvertible {
    /// It is removed some time after this age.
    case after(Duration)
    /// It is never removed by itself.
    case never

    /// Logs may come for so long after the end of an attempt: nothing younger is removed.
    package static let least = Duration.seconds(3_600)

    /// What an age must be, for people.
    package static let ageRule = "must be hours, days or weeks, such as 36h, 90d or 12w, from 1h to 5000w"

    /// The same where it may be never.
    package static let rule = "\(ageRule), or never"

    private static let units: [(letter: Character, seconds: Int64)] = [("w", 7 * 86_400), ("d", 86_400), ("h", 3_600)]

    /// Reads `36h`, `90d`, `12w`, `never` or `off`; nil for anything else.
    package init?(_ text: String) {
        if text == "never" || text == "off" {
            self = .never
            return
        }
        guard let unit = Self.units.first(where: { $0.letter == text.last }), let count = Int64(text.dropLast()),
            text.first?.isNumber == true, count > 0, count <= 5_000 * 7 * 86_400 / unit.seconds
        else { return nil }
        self = .after(.seconds(count * unit.seconds))
    }

    /// In the largest unit that tells it as a whole number.
    package var description: String {
        guard case .after(let age) = self else { return "never" }
        let seconds = age.components.seconds
        let unit = Self.units.dropFirst().first { seconds.isMultiple(of: $0.seconds) } ?? ("h", 3_600)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }

    /// What ended before this moment is old enough; nil when nothing ever is.
    package func cutoff(_ now: Instant) -> Instant? {
        guard case .after(let age) = self else { return nil }
        return now - max(age, Self.least)
    }
}
