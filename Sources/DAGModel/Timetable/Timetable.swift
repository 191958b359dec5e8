/// Decides when the next run of a DAG is due, and which data interval it has.
///
/// Source: Airflow 3.3.2, `timetables/{trigger,interval,simple}.py`; `Tests/Golden/timetables.json` holds its answers.
package enum Timetable: Sendable, Hashable {
    /// Runs only when asked.
    case manual
    /// One run at the start.
    case once
    /// A new run as soon as the one before is over; use it with one active run.
    case continuous
    /// A run at each tick, whose data interval is `interval` long and ends at the tick. A cron string in a DAG means this.
    case trigger(Ticks, interval: Duration, runImmediately: RunImmediately = .automatic)
    /// A run at the end of each interval between two ticks: the default of Airflow 2.
    case intervals(Ticks)

    package static func cronTrigger(_ cron: ZonedCron, interval: Duration = .zero) -> Timetable {
        .trigger(.cron(cron), interval: interval)
    }

    package static func cronInterval(_ cron: ZonedCron) -> Timetable { .intervals(.cron(cron)) }

    package static func deltaTrigger(_ delta: Duration, interval: Duration = .zero) -> Timetable {
        .trigger(.delta(delta), interval: interval)
    }

    package static func deltaInterval(_ delta: Duration) -> Timetable { .intervals(.delta(delta)) }

    /// The next run after the one with the data interval `last` (nil: there is none yet); nil when no run will come.
    ///
    /// Without `catchup` runs before the newest one due at `now` are left out. The run may be due in the future: create
    /// it when `now` has reached its `runAfter`.
    package func next(after last: DataInterval?, restriction: TimeRestriction, now: Instant) -> DAGRunInfo? {
        switch self {
        case .manual: nil
        case .once: onceRun(after: last, restriction, now)
        case .continuous: continuousRun(after: last, restriction, now)
        case .trigger(let ticks, let interval, let runImmediately):
            TriggerTimetable(ticks: ticks, interval: interval, runImmediately: runImmediately)
                .next(after: last, restriction, now)
        case .intervals(let ticks): IntervalTimetable(ticks: ticks).next(after: last, restriction, now)
        }
    }

    /// The data interval of a run that somebody triggers at `instant`: for intervals the last one that is complete.
    package func manualInterval(at instant: Instant) -> DataInterval {
        switch self {
        case .manual, .once, .continuous: DataInterval(at: instant)
        case .trigger(_, let interval, _): DataInterval(start: instant - interval, end: instant)
        case .intervals(let ticks): IntervalTimetable(ticks: ticks).complete(at: instant) ?? DataInterval(at: instant)
        }
    }

    /// Whether no run after the one with this data interval is due: what LatestOnly asks.
    ///
    /// Source: Airflow 3.3.2, the standard provider's `operators/latest_only.py`.
    package func isNewest(_ interval: DataInterval, at now: Instant) -> Bool {
        guard let next = next(after: interval, restriction: TimeRestriction(catchup: true), now: now) else {
            return true
        }
        return now <= next.runAfter
    }

    /// Once means at the DAG's start, whether or not missed runs are caught up.
    private func onceRun(after last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant) -> DAGRunInfo? {
        let moment = restriction.earliest ?? now
        guard last == nil, !restriction.endsBefore(moment) else { return nil }
        return DAGRunInfo(after: DataInterval(at: moment))
    }

    private func continuousRun(
        after last: DataInterval?, _ restriction: TimeRestriction, _ now: Instant
    ) -> DAGRunInfo? {
        let start = restriction.earliest ?? now
        let interval =
            switch last {
            case nil: DataInterval(start: start, end: max(start, now))
            case let last? where last.end > now: DataInterval(start: start, end: start + (last.end - last.start))
            case let last?: DataInterval(start: last.end, end: now)
            }
        return restriction.endsBefore(interval.end) ? nil : DAGRunInfo(after: interval)
    }
}

extension TimeRestriction {
    func endsBefore(_ instant: Instant) -> Bool { latest.map { $0 < instant } ?? false }
}
