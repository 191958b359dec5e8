/// The rules of one time zone, as a value: when its clocks were and will be changed.
///
/// `DAGModel` reads no files; the bytes come from the system's zone files and are parsed by `init(name:tzif:)`.
package struct TimeZoneData: Sendable, Hashable {
    package let name: String
    /// Seconds east of UTC before the first transition.
    let firstOffset: Int64
    /// In the order of time.
    let transitions: [Transition]
    /// What holds after the last transition; nil when the last offset stays.
    let rule: TimeZoneRule?

    /// From `time` (seconds since 1970 in UTC) on, clocks show UTC plus `offset` seconds.
    struct Transition: Sendable, Hashable {
        var time: Int64
        var offset: Int64
    }

    package static let utc = TimeZoneData(name: "UTC", firstOffset: 0, transitions: [], rule: nil)

    /// Seconds east of UTC at an instant.
    package func utcOffset(at instant: Instant) -> Int64 { offset(at: instant.wholeSeconds) }

    /// What clocks in this zone show at an instant; a fraction of a second is dropped.
    package func wallClock(at instant: Instant) -> WallClock {
        WallClock(seconds: instant.wholeSeconds + utcOffset(at: instant))
    }

    /// The instant at which clocks show `time`.
    ///
    /// A time that is shown twice, because clocks were set back, is the second of the two instants. A time that is
    /// skipped is moved forward by as much as the clocks were. Both are what Airflow's timetables do.
    package func instant(of time: WallClock) -> Instant {
        let (before, after) = (offset(of: time, .first), offset(of: time, .second))
        guard after > before else { return Instant(seconds: time.seconds - after) }
        let moved = WallClock(seconds: time.seconds + after - before)
        return Instant(seconds: moved.seconds - offset(of: moved, .second))
    }

    private func offset(at time: Int64) -> Int64 {
        let count = transitions.partitionPoint { $0.time <= time }
        guard count == transitions.count else { return count == 0 ? firstOffset : transitions[count - 1].offset }
        return rule?.offset(at: time) ?? transitions.last?.offset ?? firstOffset
    }

    private enum Occurrence { case first, second }

    /// The offset under which clocks show `time` for the first or second time; for a skipped time the one before or
    /// after.
    private func offset(of time: WallClock, _ occurrence: Occurrence) -> Int64 {
        var current = offset(at: time.seconds - Self.widestOffset)
        for next in changes(in: time.seconds - Self.widestOffset...time.seconds + Self.widestOffset) {
            let shown = next.time + (occurrence == .first ? max(current, next.offset) : min(current, next.offset))
            guard time.seconds >= shown else { break }
            current = next.offset
        }
        return current
    }

    private func changes(in span: ClosedRange<Int64>) -> [Transition] {
        let start = transitions.partitionPoint { $0.time <= span.lowerBound }
        let end = transitions.partitionPoint { $0.time <= span.upperBound }
        let ruled = end == transitions.count ? rule?.transitions(around: span.upperBound) ?? [] : []
        let last = transitions.last?.time ?? .min
        return transitions[start..<end]
            + ruled.filter { $0.time > max(last, span.lowerBound) && $0.time <= span.upperBound }
    }

    /// Wider than any offset from UTC, in seconds.
    private static let widestOffset: Int64 = 2 * 86_400
}

extension Instant {
    /// Whole seconds since 1970, rounded down.
    var wholeSeconds: Int64 { Int64(Int(microseconds).flooredDivision(by: 1_000_000)) }
}

extension Array {
    /// How many elements stand before the first that does not satisfy `belongs`; the array is sorted by it.
    fileprivate func partitionPoint(_ belongs: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
