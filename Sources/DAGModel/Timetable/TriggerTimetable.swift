/// Runs at each tick.
struct TriggerTimetable {
    var ticks: Ticks
    var interval: Duration
    var runImmediately: RunImmediately

    func next(after last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> DAGRunInfo? {
        let tick = restriction.catchup ? caughtUp(last, restriction, now) : newest(last, restriction, now)
        guard let tick, !restriction.endsBefore(tick) else { return nil }
        return DAGRunInfo(after: DataInterval(start: tick - interval, end: tick))
    }

    private func caughtUp(_ last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> Instant? {
        if let last { return ticks.next(after: last.end) }
        if let earliest = restriction.earliest { return ticks.alignedNext(earliest) }
        return firstTick(now)
    }

    /// The newest tick that is due, unless the run before or the DAG's start demands a later one.
    private func newest(_ last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> Instant? {
        var candidates = [ticks.alignedPrevious(now)]
        if let last {
            guard let next = ticks.next(after: last.end) else { return nil }
            candidates.append(next)
        } else if restriction.earliest == nil {
            candidates.append(firstTick(now))
        }
        if let earliest = restriction.earliest {
            guard let start = ticks.alignedNext(earliest) else { return nil }
            candidates.append(start)
        }
        return candidates.compactMap(\.self).max()
    }

    /// The first tick of a DAG without a start: the one just passed if it is recent enough, otherwise the next.
    private func firstTick(_ now: Instant) -> Instant? {
        if case .delta = ticks { return now }
        guard let past = ticks.alignedPrevious(now) else { return ticks.alignedNext(now) }
        guard let next = ticks.alignedNext(now) else { return past }
        return now - past <= patience(between: past, next) ? past : next
    }

    private func patience(between past: Instant, _ next: Instant) -> Duration {
        switch runImmediately {
        case .never: .seconds(-1)
        case .always: next - past
        case .within(let seconds): .seconds(seconds)
        case .automatic: max((next - past) / 10, .seconds(300))
        }
    }
}
