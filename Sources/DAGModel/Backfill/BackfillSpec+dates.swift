extension Timetable {
    /// Whether it gives dates one after the other, so that a range of them means something.
    package var isPeriodic: Bool {
        switch self {
        case .manual, .once, .continuous: false
        case .trigger, .intervals: true
        }
    }

    /// The runs of a range, oldest first, whether or not they exist: as if missed runs were caught up.
    ///
    /// Source: Airflow 3.3.2, `serialization/definitions/dag.py`, `iter_dagrun_infos_between`.
    ///
    /// - Parameter limit: No more are returned.
    package func runs(from: Instant, to: Instant, limit: Int, now: Instant) -> [DAGRunInfo] {
        guard isPeriodic else { return [] }
        let restriction = TimeRestriction(earliest: from, latest: to, catchup: true)
        var runs: [DAGRunInfo] = []
        var last: DataInterval?
        while runs.count < limit, let next = next(after: last, restriction: restriction, now: now) {
            runs.append(next)
            last = next.dataInterval
        }
        return runs
    }
}

extension BackfillSpec {
    /// The runs of the range whose data is complete, in the order in which they are to run.
    ///
    /// - Throws: A problem when there are none, or too many.
    package func dates(of dag: DAGDocument, timetable: Timetable, now: Instant) throws(BackfillProblem) -> [DAGRunInfo]
    {
        let all = timetable.runs(from: from, to: to, limit: Self.maximumDates + 1, now: now)
        guard all.count <= Self.maximumDates else {
            throw BackfillProblem(
                "to_date",
                sentence:
                    "the range has more than \(Self.maximumDates) dates of \(dag.id); make several backfills of it")
        }
        let complete = all.filter { $0.dataInterval.end < now }
        guard !complete.isEmpty else { throw nothing(dag, all) }
        return isReversed ? complete.reversed() : complete
    }

    private func nothing(_ dag: DAGDocument, _ all: [DAGRunInfo]) -> BackfillProblem {
        let range = "from \(from.iso8601) to \(to.iso8601)"
        guard let first = all.first else {
            return BackfillProblem(
                "from_date", sentence: "the schedule of \(dag.id) has no date \(range); choose a longer range")
        }
        return BackfillProblem(
            "from_date",
            sentence:
                "no data interval of \(dag.id) \(range) has ended yet; the first ends at \(first.dataInterval.end.iso8601)"
        )
    }
}
