/// The span of time whose data one DAG run works on: from `start`, included, to `end`, excluded. Both are equal for a
/// run that stands for a moment.
package struct DataInterval: Sendable, Hashable, Codable {
    package var start: Instant
    package var end: Instant

    package init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    /// The empty interval at one moment.
    package init(at moment: Instant) { self.init(start: moment, end: moment) }
}

/// A run that a timetable asks for.
package struct DAGRunInfo: Sendable, Hashable, Codable {
    /// The run is created at this time, not earlier.
    package var runAfter: Instant
    package var dataInterval: DataInterval

    /// The time that names the run: the start of its data interval, as in Airflow.
    package var logicalDate: Instant { dataInterval.start }

    package init(runAfter: Instant, dataInterval: DataInterval) {
        self.runAfter = runAfter
        self.dataInterval = dataInterval
    }

    /// A run created when `dataInterval` ends.
    init(after dataInterval: DataInterval) { self.init(runAfter: dataInterval.end, dataInterval: dataInterval) }
}

/// The bounds that a DAG's `start`, `end` and `catchup` put on its timetable; both times are included.
package struct TimeRestriction: Sendable, Hashable {
    package var earliest: Instant?
    package var latest: Instant?
    /// Whether runs missed in the past are created, one after the other, or only the newest of them.
    package var catchup: Bool

    package init(earliest: Instant? = nil, latest: Instant? = nil, catchup: Bool = false) {
        self.earliest = earliest
        self.latest = latest
        self.catchup = catchup
    }
}

extension DAGDocument {
    /// The bounds of the DAG's runs. Without a start, a schedule begins when the DAG was first seen, or with the tick before.
    package func restriction(firstSeen: Instant) -> TimeRestriction {
        TimeRestriction(
            earliest: start ?? (schedule.firstRun == .never ? firstSeen : nil), latest: end, catchup: catchup)
    }
}
