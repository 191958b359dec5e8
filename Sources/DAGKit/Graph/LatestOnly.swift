internal import DAGModel
internal import FoundationEssentials

/// Declares a task that skips the tasks directly downstream of it when a newer run of the DAG's schedule is due already, as Airflow's
/// LatestOnlyOperator: while old runs are caught up, only the newest goes on. Runs that a person triggered always go on.
///
/// ```swift
/// latestOnly("latest_only") >> publish
/// ```
@discardableResult
public func latestOnly(
    _ id: String, doc: String? = nil, file: StaticString = #fileID, line: Int = #line
) -> Output<ShortCircuit> {
    let schedule = GraphBuilder.required("latestOnly(\"\(id)\")", file, line).schedule
    return task(id, doc: doc, file: file, line: line) { context in
        let isLatest = try context.isLatest(of: schedule, now: Instant(Date()))
        return ShortCircuit(continue: isLatest, ignoreDownstreamTriggerRules: false)
    }
}

extension TaskContext {
    /// Whether no run that the schedule asks for after this one is due.
    func isLatest(of schedule: Schedule, now: Instant) throws -> Bool {
        let isScheduled = runID.hasPrefix("scheduled__") || runID.hasPrefix("backfill__")
        guard isScheduled, let start = dataIntervalStart, let end = dataIntervalEnd else { return true }
        let timetable = try Timetable(schedule) { name in
            try TimeZoneData(name: name, tzif: Array(Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))))
        }
        return timetable.isNewest(DataInterval(start: start, end: end), at: now)
    }
}

extension Instant {
    fileprivate init(_ date: Date) { self.init(microseconds: Int64(date.timeIntervalSince1970 * 1_000_000)) }
}
