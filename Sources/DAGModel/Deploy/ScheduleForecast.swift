/// The runs that a DAG's schedule asks for from now on, up to a moment.
package struct ScheduleForecast: Sendable, Hashable {
    /// The runs, the earliest first; at most ``most``.
    package var runs: [DAGRunInfo] = []
    /// There are more.
    package var isCut = false

    /// The runs that a forecast counts at most.
    package static let most = 10_000

    /// Of a DAG that gets no runs from a schedule.
    package init() {}

    /// - Parameters:
    ///   - last: The data interval of the newest scheduled run.
    ///   - firstSeen: When the DAG was first seen; a schedule without a start begins then.
    /// - Throws: What makes the schedule unusable.
    package init(
        _ document: DAGDocument, after last: DataInterval?, firstSeen: Instant, now: Instant, until end: Instant,
        zone: (String) throws -> TimeZoneData
    ) throws {
        // Where one run follows the other, only the runs themselves tell when the next begins.
        guard !document.schedule.isContinuous else { return }
        let timetable = try Timetable(document.schedule, zone: zone)
        let restriction = document.restriction(firstSeen: firstSeen)
        var last = last
        while let next = timetable.next(after: last, restriction: restriction, now: now), next.runAfter <= end {
            guard runs.count < Self.most else {
                isCut = true
                return
            }
            runs.append(next)
            last = next.dataInterval
        }
    }

    /// The runs that are not in another forecast: those that a change adds, or, the other way round, drops.
    package func runs(notIn other: ScheduleForecast) -> [DAGRunInfo] {
        let others = Set(other.runs)
        return runs.filter { !others.contains($0) }
    }
}
