/// What a clock on the wall shows: a date and a time of day in whole seconds, without a zone.
package struct WallClock: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    package var seconds: Int64

    package init(seconds: Int64) { self.seconds = seconds }

    package init(_ day: Day, secondOfDay: Int = 0) {
        seconds = Int64(day.daysSince1970) * 86_400 + Int64(secondOfDay)
    }

    package var day: Day { Day(daysSince1970: Int(seconds).flooredDivision(by: 86_400)) }

    /// Seconds since midnight, 0 ..< 86,400.
    package var secondOfDay: Int { Int(seconds) - Int(seconds).flooredDivision(by: 86_400) * 86_400 }

    package static func < (left: WallClock, right: WallClock) -> Bool { left.seconds < right.seconds }
}
