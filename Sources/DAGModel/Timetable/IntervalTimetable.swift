/// Runs at the end of each interval between two ticks.
struct IntervalTimetable {
    var ticks: Ticks

    func next(after last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> DAGRunInfo? {
        guard let start = start(after: last, restriction, now), !restriction.endsBefore(start),
            let end = ticks.next(after: start)
        else { return nil }
        return DAGRunInfo(after: DataInterval(start: start, end: end))
    }

    /// The last interval that is complete at an instant; nil when there are no two ticks before it.
    func complete(at instant: Instant) -> DataInterval? {
        guard let end = ticks.alignedPrevious(instant), let start = ticks.previous(before: end) else { return nil }
        return DataInterval(start: start, end: end)
    }

    /// The latest of all the times before which the next interval must not begin; nil when one of them never comes.
    private func start(after last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> Instant? {
        var bounds: [Instant?] = []
        if let earliest = restriction.earliest { bounds.append(ticks.alignedNext(earliest)) }
        if !restriction.catchup { bounds.append(startOfNewest(now)) }
        if let last { bounds.append(ticks.alignedPrevious(last.end)) }
        let known = bounds.compactMap(\.self)
        guard known.count == bounds.count, let start = known.max() else { return nil }
        return last.map { tick(start, after: $0.start) } ?? start
    }

    /// A changed schedule can align to a start that already had its run: then the tick after that.
    private func tick(_ start: Instant, after used: Instant) -> Instant? {
        start > used ? start : ticks.next(after: start).flatMap { tick($0, after: used) }
    }

    /// The start of the last complete interval, or the first tick to come when there was none before.
    private func startOfNewest(_ now: Instant) -> Instant? {
        switch ticks {
        case .delta(let delta): now.rounded(down: delta) - delta
        case .crons: complete(at: now)?.start ?? ticks.next(after: now)
        case .cron(let cron):
            if let last = cron.previous(before: now) {
                cron.next(after: last).map { $0 <= now } ?? false ? last : cron.previous(before: last) ?? last
            } else {
                cron.next(after: now)
            }
        }
    }
}

extension Instant {
    /// The multiple of `step` since 1970 at or before this instant.
    fileprivate func rounded(down step: Duration) -> Instant {
        let step = Int(step.wholeMicroseconds)
        return Instant(microseconds: Int64(Int(microseconds).flooredDivision(by: step) * step))
    }
}
