internal import DAGModel
internal import Store
internal import WorkerProtocol

extension SchedulerCore {
    /// The pools were read, for the first time or again.
    package mutating func poolsChanged(_ pools: [String: PoolSize]) { ready.setPools(pools) }

    /// Gives ready instances to workers with free slots, as far as the limits allow.
    mutating func dispatch(_ now: Moment) {
        for holdsSlot in [true, false] {
            while !ready.isEmpty(holdsSlot: holdsSlot), let worker = freestWorker(holdsSlot: holdsSlot),
                let candidate = ready.next(holdsSlot: holdsSlot)
            {
                if isDispatchable(candidate) { assign(candidate, to: worker, holdsSlot: holdsSlot, now) }
            }
        }
    }

    /// Says of instances that cannot start why not.
    mutating func noteRefusals() {
        for refusal in ready.takeRefusals() {
            guard let run = runs[refusal.run], run.plan[refusal.key]?.state == .scheduled,
                run.details[refusal.key]?.reason != refusal.reason
            else { continue }
            touch(refusal.run)
            runs[refusal.run]?.willChange(refusal.key)
            runs[refusal.run]?.details[refusal.key, default: InstanceDetail()].reason = refusal.reason
        }
    }

    /// Instances that have moved on meanwhile are dropped.
    private func isDispatchable(_ candidate: ReadyInstances.Candidate) -> Bool {
        guard let run = runs[candidate.run], run.record.state == .running else { return false }
        return run.plan[candidate.key]?.state == .scheduled
    }

    private func freestWorker(holdsSlot: Bool) -> WorkerID? {
        var best: (id: WorkerID, free: Int)?
        for (id, worker) in workers {
            guard holdsSlot ? worker.freeSlots > 0 : worker.isConnected && !worker.isDraining else { continue }
            if best.map({ (worker.freeSlots, $0.id.instance) > ($0.free, id.instance) }) ?? true {
                best = (id, worker.freeSlots)
            }
        }
        return best?.id
    }

    private mutating func assign(_ entry: ReadyInstances.Candidate, to worker: WorkerID, holdsSlot: Bool, _ now: Moment)
    {
        let id = nextAttemptID()
        let token = AttemptToken.random()
        let label = workers[worker]?.label(worker) ?? ""
        attempts[id] = LiveAttempt(
            run: entry.run, key: entry.key, token: token, worker: worker, workerLabel: label, holdsSlot: holdsSlot,
            holds: entry.holds, confirmedAt: .max)
        ready.take(entry.holds)
        workers[worker]?.attempts.insert(id)
        if holdsSlot { workers[worker]?.usedSlots += 1 }
        touch(entry.run)
        runs[entry.run]?.willChange(entry.key)
        runs[entry.run]?.plan.note(entry.key, .queued)
        var detail = runs[entry.run]?.details[entry.key]?.resumed ?? InstanceDetail()
        detail.attempt = id.rawValue
        detail.token = token.bytes
        detail.worker = label
        detail.queuedAt = now.wall
        runs[entry.run]?.details[entry.key] = detail
        guard let run = runs[entry.run] else { return }
        pendingEffects.append((entry.run, .dispatch(worker, run.spec(id, token, entry.key))))
    }
}

extension ActiveRun {
    func spec(_ id: AttemptID, _ token: AttemptToken, _ key: InstanceKey) -> AttemptSpec {
        let task = version.graph.tasks[key.task]
        return AttemptSpec(
            id: id, token: token, dagID: record.dagID, runID: record.runID, taskID: task.id, mapIndex: key.mapIndex,
            tryNumber: plan[key]?.tryNumber ?? 1, logicalDate: record.logicalDate,
            dataIntervalStart: record.dataIntervalStart, dataIntervalEnd: record.dataIntervalEnd,
            params: Array(record.params.utf8), artifact: version.record.artifact, files: version.record.files,
            documentHash: version.record.fingerprint, work: version.work[key.task].work, inputs: task.inputs,
            executionTimeout: task.executionTimeout,
            elementPlaces: plan.elementPlaces(of: key),
            resumption: details[key]?.wait, firstStartedAt: details[key]?.startedAt?.microseconds)
    }
}
