/// The moments that a timetable is made of.
package enum Ticks: Sendable, Hashable {
    case cron(ZonedCron)
    /// Those of several expressions.
    case crons([ZonedCron])
    /// Every so often, from wherever one starts to count.
    case delta(Duration)

    func next(after instant: Instant) -> Instant? {
        switch self {
        case .cron(let cron): cron.next(after: instant)
        case .crons(let crons): crons.compactMap { $0.next(after: instant) }.min()
        case .delta(let delta): instant + delta
        }
    }

    func previous(before instant: Instant) -> Instant? {
        switch self {
        case .cron(let cron): cron.previous(before: instant)
        case .crons(let crons): crons.compactMap { $0.previous(before: instant) }.max()
        case .delta(let delta): instant - delta
        }
    }

    /// The first tick at or after an instant. Any instant is a tick of a delta.
    func alignedNext(_ instant: Instant) -> Instant? {
        if case .crons(let crons) = self { return crons.compactMap { Ticks.cron($0).alignedNext(instant) }.min() }
        guard case .cron(let cron) = self else { return instant }
        guard let next = cron.next(after: instant) else { return alignedAtTheEnd(instant) }
        return cron.previous(before: next) == instant ? instant : next
    }

    /// The last tick at or before an instant. Any instant is a tick of a delta.
    func alignedPrevious(_ instant: Instant) -> Instant? {
        if case .crons(let crons) = self { return crons.compactMap { Ticks.cron($0).alignedPrevious(instant) }.max() }
        guard case .cron(let cron) = self else { return instant }
        guard let previous = cron.previous(before: instant) else { return alignedAtTheStart(instant) }
        return cron.next(after: previous) == instant ? instant : previous
    }

    private func alignedAtTheEnd(_ instant: Instant) -> Instant? {
        previous(before: instant).flatMap(next) == instant ? instant : nil
    }

    private func alignedAtTheStart(_ instant: Instant) -> Instant? {
        next(after: instant).flatMap(previous) == instant ? instant : nil
    }
}
