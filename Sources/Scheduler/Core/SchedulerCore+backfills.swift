package import DAGModel
package import Store

// Backfills: their runs have limits of their own, and are told by them whether to wait.
extension SchedulerCore {
    /// A backfill is new, or was paused, unpaused or cancelled.
    package mutating func backfillChanged(_ backfill: BackfillRecord, now: Moment) {
        backfills[backfill.id] = backfill
        for id in dags[backfill.dagID]?.lines[backfill.id]?.queued ?? [] { dropIfUnwanted(id, now: now) }
        startable.insert(backfill.dagID)
    }

    /// Lets go of a backfill that is finished and has no run in memory.
    package mutating func backfillForgotten(_ id: Int64) {
        guard let backfill = backfills.removeValue(forKey: id) else { return }
        dags[backfill.dagID]?.lines[id] = nil
    }

    /// Ends a run that waits although its backfill was cancelled.
    mutating func dropIfUnwanted(_ id: Int64, now: Moment) {
        guard let record = runs[id]?.record, let backfill = record.line.flatMap({ backfills[$0] }),
            backfill.drops(record)
        else { return }
        cancel(id, reason: "backfill \(backfill.id) was cancelled", now: now)
    }

    /// How many runs of a run's line may run at once.
    func maximumRunning(_ run: ActiveRun) -> Int {
        guard let backfill = run.record.line.flatMap({ backfills[$0] }) else {
            return run.version.record.document.maxActiveRuns
        }
        return backfill.isHeld ? 0 : backfill.spec.maxActiveRuns
    }
}

extension RunRecord {
    /// The order of runs that wait: by their place in the backfill, else oldest first.
    func starts(before other: RunRecord) -> Bool {
        if let place = backfill?.ordinal, let otherPlace = other.backfill?.ordinal, place != otherPlace {
            return place < otherPlace
        }
        return (runAfter, id) < (other.runAfter, other.id)
    }
}
