package import DAGModel
internal import Store

// Tasks that depend on the run before. What a run knows of it is what is committed: it is read with the run, and told by the effects of
// the other run's ticks.
extension SchedulerCore {
    /// The run before a run was read again.
    package mutating func pastChanged(_ id: Int64, _ past: PastRun?) {
        if setPast(id, past) { touch(id) }
    }

    /// All instances of these tasks of a run have ended well, and that is committed.
    ///
    /// - Returns: Whether a later run may go on.
    package mutating func pastEnded(_ id: Int64, _ tasks: [String]) -> Bool {
        var isNews = false
        for later in (successors[id] ?? []).sorted() {
            guard var past = runs[later]?.past, past.succeeded(tasks) else { continue }
            pastChanged(later, past)
            isNews = true
        }
        return isNews
    }

    /// The later runs whose run before is, or may be, this one: it is new, was changed by somebody or is gone.
    ///
    /// - Parameter date: The run's logical date; nil when it is gone.
    package func runs(after id: Int64, dagID: String?, date: Instant?) -> Set<Int64> {
        let known = successors[id] ?? []
        guard let dagID, let date, let candidates = dags[dagID]?.needingPast, !candidates.isEmpty else { return known }
        return known.union(
            candidates.filter { later in
                guard let run = runs[later], let laterDate = run.record.logicalDate, laterDate > date else {
                    return false
                }
                return run.past.map { $0.logicalDate <= date } ?? true
            })
    }

    /// The runs that an earlier run holds up.
    package var heldBackRuns: Set<Int64> {
        Set(
            dags.values.flatMap(\.needingPast).filter {
                runs[$0]?.record.state == .running && runs[$0]?.plan.isHeldBack == true
            })
    }

    /// - Returns: Whether tasks are held back or released by it.
    @discardableResult
    mutating func setPast(_ id: Int64, _ past: PastRun?) -> Bool {
        guard let graph = runs[id]?.version.graph, graph.needsPast, let dagID = runs[id]?.record.dagID else {
            return false
        }
        if let old = runs[id]?.past { removeSuccessor(id, of: old.id) }
        runs[id]?.past = past
        dags[dagID, default: DAGEntry()].needingPast.insert(id)
        if let past { successors[past.id, default: []].insert(id) }
        return runs[id]?.plan.holdBack(only: past.map(graph.heldBack) ?? []) ?? false
    }

    mutating func forgetPast(of run: ActiveRun) {
        guard run.version.graph.needsPast else { return }
        dags[run.record.dagID]?.needingPast.remove(run.record.id)
        if let past = run.past { removeSuccessor(run.record.id, of: past.id) }
    }

    private mutating func removeSuccessor(_ id: Int64, of past: Int64) {
        successors[past]?.remove(id)
        if successors[past]?.isEmpty == true { successors[past] = nil }
    }

    /// Says which tasks have ended well by what this tick writes, if a later run may wait for them.
    func pastEnded(in run: ActiveRun) -> Effect? {
        guard successors[run.record.id] != nil else { return nil }
        let ended = Set(run.changed.keys.map(\.task)).sorted().filter { task in
            run.plan.tasks[task].instances.allSatisfy(\.state.isSuccess)
        }
        return ended.isEmpty ? nil : .pastEnded(run.record.id, tasks: ended.map { run.version.graph.tasks[$0].id })
    }

    /// Says of instances that only the run before keeps from starting what they wait for.
    mutating func noteWaits(in run: inout ActiveRun) {
        guard let past = run.past else { return }
        for key in run.plan.waitingForPast {
            guard let obstacle = run.version.graph.obstacle(of: key.task, in: past) else { continue }
            let reason = "waits for task \(obstacle) of the run before, \(past.runID), to end as success or skipped"
            guard run.details[key]?.reason != reason else { continue }
            run.willChange(key)
            run.details[key, default: InstanceDetail()].reason = reason
        }
    }
}
