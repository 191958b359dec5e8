internal import DAGModel
internal import Logging
internal import Store
internal import Supervision
internal import WorkerProtocol

// What is old goes, a little at a time and beside the ticks: docs/retention.md. Rows first, then the files of their logs: who dies in between
// leaves files that nobody knows, which are found once a day.
extension Leader {
    /// Removes what is old, again and again.
    func removeWhatIsOld() async {
        var pause = options.retention.firstPause
        while !isEnding {
            do { try await loop.sleep(for: pause) } catch { return }
            pause = options.retention.interval
            do {
                try await removeOldRuns()
                try await removeOldLogs()
            } catch StoreError.fenced {
                return fence()
            } catch {
                guard !Task.isCancelled, !isEnding else { return }
                log.warning("Old runs and logs could not be removed; it will be tried again in \(pause): \(error)")
            }
        }
    }

    private func removeOldRuns() async throws {
        let pass = RetentionPass(
            store, options.retention.policy, now: clock.now().wall, epoch: epoch, size: options.retention.step)
        var removed = RemovalCounts()
        var began = clock.now().monotonic
        defer { if !removed.isEmpty { log.info("Removed what was too old: \(removed)") } }
        removed = try await pass.run { step in
            removed.add(step.counts)
            runsRemoved(step.runs)
            try await removeLogs(step.attempts)
            // Half of the time belongs to others.
            try await loop.sleep(for: .microseconds(max(1_000, clock.now().monotonic - began)))
            began = clock.now().monotonic
        }
    }

    /// Runs that wait for one that was removed, as it was triggered for a date in the past this moment, look again.
    private func runsRemoved(_ ids: [Int64]) {
        let waiting = ids.reduce(into: Set<Int64>()) { $0.formUnion(core.runs(after: $1, dagID: nil, date: nil)) }
        guard !waiting.isEmpty else { return }
        stalePasts.formUnion(waiting)
        wake()
    }

    private func removeLogs(_ attempts: [Int64]) async throws {
        guard !attempts.isEmpty else { return }
        do { try await logs.remove(attempts) } catch {
            log.warning("The logs of attempts that are gone could not be removed; it will be tried again: \(error)")
        }
    }

    private func removeOldLogs() async throws {
        let now = clock.now()
        let looksForOrphans = orphansSoughtAt.map { now.monotonic - $0 >= Self.orphanInterval } ?? true
        let store = store
        let old = OldLogs(
            before: options.retention.policy.logs.cutoff(now.wall),
            orphansBefore: looksForOrphans ? now.wall - Self.orphanAge : nil,
            live: Set(core.attempts.keys.map(\.rawValue))
        ) { try await store.unknownAttempts($0) }
        if let removed = try await logs.remove(old) { log.info("Removed logs that were too old: \(removed)") }
        if looksForOrphans { orphansSoughtAt = now.monotonic }
    }

    /// A day, in microseconds.
    private static let orphanInterval: Int64 = 86_400_000_000

    /// The row of an attempt that has ended is written long before its log is so old.
    private static let orphanAge = Duration.seconds(86_400)
}
