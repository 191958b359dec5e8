import DAGModel
@testable import Scheduler
import Store
import WorkerProtocol

/// A leader without sockets: what `Leader` does around the core, in the same order, each step by itself so that anything may happen
/// between two of them.
struct SimulatedLeader {
    let epoch: Int64
    var core: SchedulerCore
    /// Decided and not yet committed.
    private(set) var tick: Tick?
    /// Committed and not yet done.
    private(set) var effects: [Effect] = []
    /// What the tick that is not committed yet is going to do.
    var decided: [Effect] { tick?.effects.map(\.effect) ?? [] }
    var staleRuns: Set<Int64> = []
    var stalePasts: Set<Int64> = []
    /// An effect woke a later run.
    var isWoken = false
    private var decidedAt: Moment
    private var results: [Int64: [(AttemptResult, WorkerID)]] = [:]
    private var committingResults: [Int64: [(AttemptResult, WorkerID)]] = [:]

    /// A leader that has just taken over.
    init(epoch: Int64, rules: LeaseRules, _ database: SimulatedDatabase, now: Moment) {
        self.epoch = epoch
        decidedAt = now
        core = SchedulerCore(epoch: epoch, rules: rules)
        for dag in Set(database.runs.values.map(\.dagID)).sorted() {
            core.dagChanged(dag, isPaused: database.pausedDAGs.contains(dag))
        }
        staleRuns = Set(database.runs.values.filter { !$0.state.isFinished }.map(\.id))
        refresh(database, now: now)
    }

    /// Reads the runs that somebody else changed.
    mutating func refresh(_ database: SimulatedDatabase, now: Moment) {
        for id in staleRuns.sorted() {
            guard let record = database.runs[id], let version = database.versions[record.versionID] else { continue }
            stalePasts.formUnion(core.runs(after: id, dagID: record.dagID, date: record.logicalDate))
            guard record.revision != core.runs[id]?.record.revision else { continue }
            core.runLoaded(record, version, database.rows(id), past: database.past(of: record), now: now)
            for (result, worker) in results[id] ?? [] { core.ended(result, from: worker, now: now) }
        }
        staleRuns.removeAll()
        for id in stalePasts.sorted() {
            if let run = core.runs[id] { core.pastChanged(id, database.past(of: run.record)) }
        }
        stalePasts.removeAll()
    }

    /// Compares memory with the database, as a leader does from time to time.
    mutating func reconcile(_ database: SimulatedDatabase) {
        let stored = database.runs.values.filter { !$0.state.isFinished }
        for run in stored where core.runs[run.id]?.record.revision != run.revision { staleRuns.insert(run.id) }
        staleRuns.formUnion(Set(core.runs.keys).subtracting(stored.map(\.id)))
        stalePasts.formUnion(core.heldBackRuns)
    }

    /// Decides; false when there is nothing to write and to do.
    mutating func decide(_ database: SimulatedDatabase, now: Moment) -> Bool {
        decidedAt = now
        refresh(database, now: now)
        let tick = core.tick(now)
        committingResults = results
        results.removeAll()
        guard !tick.isEmpty else { return false }
        self.tick = tick
        return true
    }

    /// Commits what was decided; false when another scheduler leads.
    ///
    /// - Parameter isAnswered: Whether the answer arrives. The leader commits the same again when it does not.
    mutating func commit(_ database: inout SimulatedDatabase, isAnswered: Bool = true) -> Bool {
        guard let tick else { return true }
        let touched = Set(tick.writes.runs.map(\.id))
        guard let written = tick.writes.isEmpty ? touched : database.commit(tick.writes, epoch: epoch) else {
            return false
        }
        guard isAnswered else { return true }
        let lost = touched.subtracting(written)
        for run in lost.sorted() { revert(run, tick) }
        committingResults.removeAll()
        effects = tick.effects.filter { effect in effect.run.map { !lost.contains($0) } ?? true }.map(\.effect)
        self.tick = nil
        return true
    }

    private mutating func revert(_ run: Int64, _ tick: Tick) {
        core.undo(tick.effects.filter { $0.run == run }.map(\.effect))
        core.forget(run)
        results[run, default: []].insert(contentsOf: committingResults[run] ?? [], at: 0)
        staleRuns.insert(run)
    }

    /// The effects that are to be done now; a dispatch that is its worker's no more is left out.
    ///
    /// - Parameter now: Defaults to when they were decided.
    mutating func perform(now: Moment? = nil) -> [Effect] {
        let now = now ?? decidedAt
        defer { effects = [] }
        for case .pastEnded(let run, let tasks) in effects where core.pastEnded(run, tasks) { isWoken = true }
        var due: [Effect] = []
        for effect in effects {
            if case .dispatch(let worker, let spec) = effect, !core.dispatched(spec.id, to: worker, now: now) {
                continue
            }
            due.append(effect)
        }
        return due
    }

    // MARK: What workers say

    mutating func ended(_ result: AttemptResult, from worker: WorkerID, now: Moment) {
        if let run = core.run(of: result.attempt) {
            results[run, default: []].append((result, worker))
        } else if isUncommitted(result.attempt) {
            return
        }
        core.ended(result, from: worker, now: now)
    }

    /// - Returns: What the worker is to stop.
    mutating func heartbeat(_ worker: WorkerID, held: [AttemptID], now: Moment) -> [AttemptID] {
        core.heartbeat(worker, held: held, now: now).filter { !isUncommitted($0) }
    }

    private func isUncommitted(_ attempt: AttemptID) -> Bool {
        results.values.contains { $0.contains { $0.0.attempt == attempt } }
            || committingResults.values.contains { $0.contains { $0.0.attempt == attempt } }
    }
}
