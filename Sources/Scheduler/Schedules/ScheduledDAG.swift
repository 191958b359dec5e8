internal import DAGModel
internal import Store

/// A DAG with a timetable, and the run that it asks for next.
struct ScheduledDAG: Sendable {
    let version: VersionRecord
    let timetable: Timetable
    let restriction: TimeRestriction
    private(set) var next: DAGRunInfo?

    /// - Parameter last: The data interval of the newest run that the schedule created.
    init(_ dag: DAGRecord, _ version: VersionRecord, last: DataInterval?, now: Instant, zones: ZoneFiles) throws {
        self.version = version
        timetable = try Timetable(version.document.schedule) { try zones.zone($0) }
        restriction = version.document.restriction(firstSeen: dag.firstSeenAt)
        next = timetable.next(after: last, restriction: restriction, now: now)
    }

    /// The run that is due now.
    func dueRun(_ now: Instant) -> NewRun? {
        guard let next, next.runAfter <= now else { return nil }
        return NewRun(
            dagID: version.dagID, runID: "scheduled__\(next.runAfter.isoformat)", versionID: version.id,
            type: .scheduled,
            logicalDate: next.logicalDate, dataIntervalStart: next.dataInterval.start,
            dataIntervalEnd: next.dataInterval.end, runAfter: next.runAfter,
            params: JSONValue.object(version.document.params.defaults).compactJSON, triggeredBy: "schedule")
    }

    /// Goes on to the run after the one that was just created.
    mutating func advance(now: Instant) {
        guard let created = next else { return }
        next = timetable.next(after: created.dataInterval, restriction: restriction, now: now)
    }
}
