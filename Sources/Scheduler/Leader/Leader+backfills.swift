internal import DAGModel
internal import Logging
internal import Store

// Runs that backfills ask for: made a few at a time, as far as the backfill's own limit allows.
extension Leader {
    /// The most dates that one transaction looks at.
    private static let datesAtOnce = 20

    func backfillChanged(_ id: Int64) async throws {
        guard let backfill = try await store.backfill(id) else { return }
        note(backfill)
        await createDueRuns()
    }

    /// Notes a backfill as read, unless a newer reading was noted already.
    func note(_ backfill: BackfillRecord) {
        if let known = backfills[backfill.id], known.updatedAt > backfill.updatedAt { return }
        backfills[backfill.id] = backfill
        core.backfillChanged(backfill, now: clock.now())
        wake()
    }

    /// Picks up what a lost notification would have told.
    func reconcileBackfills() async throws {
        let stored = try await store.unfinishedBackfills()
        for backfill in stored where backfills[backfill.id] != backfill { note(backfill) }
        let known = backfills.values.filter { $0.completedAt == nil }.map(\.id)
        for id in Set(known).subtracting(stored.map(\.id)).sorted() {
            if let backfill = try await store.backfill(id) { note(backfill) }
        }
        await createDueRuns()
    }

    /// Whether the end of a run of a DAG can make room for another one.
    func mayHaveDueRuns(_ dagID: String) -> Bool {
        schedules[dagID] != nil || backfills.values.contains { $0.dagID == dagID }
    }

    /// Makes the runs of a backfill for which there is room; notes when it is finished.
    ///
    /// - Returns: False when that did not succeed.
    func advance(backfill id: Int64) async -> Bool {
        do {
            while let backfill = backfills[id], backfill.completedAt == nil, !backfill.isPaused,
                !madeBackfills.contains(id)
            {
                // A DAG that is gone gets no new runs.
                guard knownDAGs[backfill.dagID]?.isPresent ?? false else { return true }
                let room = backfill.spec.maxActiveRuns - activeRuns(of: backfill.dagID, backfill: id)
                guard room > 0 else { return true }
                let made = try await store.advanceBackfill(
                    id, by: min(room, Self.datesAtOnce), now: clock.now().wall)
                for run in made.runs {
                    createdRuns[run] = CreatedRun(dagID: backfill.dagID, backfill: id)
                    staleRuns.insert(run)
                }
                if !made.runs.isEmpty { wake() }
                if made.isDone { madeBackfills.insert(id) }
            }
            try await finish(backfill: id)
            return true
        } catch {
            log.error("Backfill \(id) could not go on; it will be tried again: \(error)")
            return false
        }
    }

    /// A backfill all of whose runs have ended is finished; one that is finished need not be known any more.
    private func finish(backfill id: Int64) async throws {
        guard let backfill = backfills[id], activeRuns(of: backfill.dagID, backfill: id) == 0 else { return }
        if backfill.completedAt == nil {
            guard backfill.isPaused || madeBackfills.contains(id) else { return }
            guard let finished = try await store.completeBackfill(id, now: clock.now().wall) else { return }
            log.info("Backfill \(id) of \(finished.dagID) is finished")
        }
        guard activeRuns(of: backfill.dagID, backfill: id) == 0 else { return }
        backfills[id] = nil
        madeBackfills.remove(id)
        core.backfillForgotten(id)
        backfillVersions = backfillVersions.filter { $0.key.backfill != id }
    }
}

/// A version of a DAG as the runs of a backfill see it.
struct BackfillVersion: Hashable {
    let version: Int64
    let backfill: Int64
}
