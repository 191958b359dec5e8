/// Which runs of a DAG may be removed, at one moment.
///
/// A run is kept for its own sake while it has not ended, is young, is one of the newest, tells the schedule where to go on, or has a date
/// that a backfill or the schedule may still ask for. Beside those, the run before each of them is kept, and before each date that may still
/// get a run: `dependsOnPast` asks for it. As what is kept for its own sake only becomes less, removing a run never changes what is said of
/// another.
package struct RetentionRule: Sendable, Hashable {
    /// What ended at this moment or later is young.
    package var endedBefore: Instant
    /// When the oldest of the newest runs was due; nil when none are kept for being new.
    package var newestFrom: Instant?
    /// The logical date of the newest run that the schedule made: where it goes on.
    package var newestScheduled: Instant?
    /// The schedule asks for no run of an earlier logical date any more; nil when there is no schedule.
    package var scheduledFrom: Instant?
    /// The logical dates of backfills that are not finished.
    package var backfills: [ClosedRange<Instant>]

    package init(
        endedBefore: Instant, newestFrom: Instant?, newestScheduled: Instant?, scheduledFrom: Instant?,
        backfills: [ClosedRange<Instant>]
    ) {
        self.endedBefore = endedBefore
        self.newestFrom = newestFrom
        self.newestScheduled = newestScheduled
        self.scheduledFrom = scheduledFrom
        self.backfills = backfills
    }

    /// - Parameter followers: The runs that see this run as the one before; nil when it is the last of its kind by logical date.
    package func mayRemove(_ run: RetainedRun, followers: RunFollowers?) -> Bool {
        guard !keepsForItself(run), !run.isAwaited else { return false }
        guard let date = run.logicalDate else { return true }
        guard let followers else { return false }
        return !keepsOne(of: followers, after: date)
    }

    /// Whether the run is kept whatever comes after it.
    package func keepsForItself(_ run: RetainedRun) -> Bool {
        guard run.isFinished, let end = run.endedAt, end < endedBefore else { return true }
        if let newestFrom, run.runAfter >= newestFrom { return true }
        guard let date = run.logicalDate else { return false }
        if let scheduledFrom, date >= scheduledFrom { return true }
        return date == newestScheduled || backfills.contains { $0.contains(date) }
    }

    /// Whether one of the followers is kept for its own sake, or there may be a new one.
    private func keepsOne(of followers: RunFollowers, after date: Instant) -> Bool {
        if followers.isUnfinished || followers.lastEnd.map({ $0 >= endedBefore }) ?? true { return true }
        if let newestFrom, followers.lastRunAfter >= newestFrom { return true }
        if let scheduledFrom, followers.lastDate >= scheduledFrom { return true }
        if let newestScheduled, newestScheduled > date, newestScheduled <= followers.lastDate { return true }
        return backfills.contains { $0.upperBound > date && $0.lowerBound <= followers.lastDate }
    }
}

/// What the retention looks at of a run.
package struct RetainedRun: Sendable, Hashable {
    package var id: Int64
    package var isFinished: Bool
    /// A callback has not been delivered or given up, or a deadline not been settled.
    package var isAwaited: Bool
    package var runAfter: Instant
    package var logicalDate: Instant?
    package var endedAt: Instant?
    /// A person triggered it: to DAGs that catch up it is no run before.
    package var isManual: Bool

    package init(
        id: Int64, isFinished: Bool, isAwaited: Bool = false, runAfter: Instant, logicalDate: Instant?,
        endedAt: Instant?,
        isManual: Bool
    ) {
        self.id = id
        self.isFinished = isFinished
        self.isAwaited = isAwaited
        self.runAfter = runAfter
        self.logicalDate = logicalDate
        self.endedAt = endedAt
        self.isManual = isManual
    }
}

/// The runs of a DAG that see a run as the one before, all together: those after it by logical date, up to the next one that nobody
/// triggered, as manual runs may or may not count; after a manual run only the next one.
package struct RunFollowers: Sendable, Hashable {
    /// One of them is queued or running.
    package var isUnfinished: Bool
    package var lastEnd: Instant?
    package var lastRunAfter: Instant
    package var lastDate: Instant

    package init(isUnfinished: Bool, lastEnd: Instant?, lastRunAfter: Instant, lastDate: Instant) {
        self.isUnfinished = isUnfinished
        self.lastEnd = lastEnd
        self.lastRunAfter = lastRunAfter
        self.lastDate = lastDate
    }
}

extension DAGDocument {
    /// The earliest logical date that the schedule may still ask for; nil when it asks for none.
    ///
    /// With catch-up every date after the newest scheduled run counts, whatever the schedule becomes: a run that exists at such a date, as one
    /// that a backfill made, keeps the schedule from making one.
    ///
    /// - Parameter last: The data interval of the newest run that the schedule made.
    package func scheduledFrom(
        last: DataInterval?, firstSeen: Instant, now: Instant, zone: (String) throws -> TimeZoneData
    ) -> Instant? {
        if catchup, let last { return last.start }
        // A schedule that cannot be read now may be readable later.
        guard let timetable = try? Timetable(schedule, zone: zone) else { return last?.start ?? start ?? firstSeen }
        return timetable.next(after: last, restriction: restriction(firstSeen: firstSeen), now: now)?.logicalDate
    }
}
