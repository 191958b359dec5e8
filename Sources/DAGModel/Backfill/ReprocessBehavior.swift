/// Which runs that have ended a backfill lets run again. Source: Airflow 3.3.2, `models/backfill.py`.
package enum ReprocessBehavior: String, Sendable, Hashable, CaseIterable {
    /// None of them: only dates without a run get one.
    case none
    case failed
    case completed

    /// What to do about a date whose run is in `state`; nil means that it has none.
    package func action(on state: DAGRunState?) -> BackfillAction {
        switch (self, state) {
        case (_, nil): .create
        case (_, .queued?), (_, .running?): .skip(.inFlight)
        case (.completed, _), (.failed, .failed?): .clear
        case (.none, _), (.failed, _): .skip(.alreadyExists)
        }
    }
}

/// What a backfill does about one date.
package enum BackfillAction: Sendable, Hashable {
    /// It has no run yet: one is created.
    case create
    /// Its run has ended, and begins again.
    case clear
    case skip(BackfillSkip)

    /// A run comes of it.
    package var isRun: Bool {
        if case .skip = self { false } else { true }
    }
}

/// Why a backfill made no run for a date; the first two are Airflow's words.
package enum BackfillSkip: String, Sendable, Hashable, CaseIterable {
    case inFlight = "in flight"
    case alreadyExists = "already exists"
    /// The backfill was cancelled before its turn came.
    case cancelled
    /// The run that it made was removed since: it was too old.
    case removed
}
