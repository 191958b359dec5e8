package import DAGModel
package import Store
internal import WorkerProtocol

// Events about DAGs and runs.
extension SchedulerCore {
    /// A DAG was paused or unpaused, or is seen for the first time.
    package mutating func dagChanged(_ dagID: String, isPaused: Bool) {
        var entry = dags[dagID] ?? DAGEntry()
        entry.isPaused = isPaused
        dags[dagID] = entry
        ready.setPaused(dagID, isPaused)
        if !isPaused { startable.insert(dagID) }
    }

    /// A run is new, or was changed by somebody else and read again. Knowledge of its executing attempts is kept.
    ///
    /// - Parameter past: The run before, if tasks depend on it.
    package mutating func runLoaded(
        _ record: RunRecord, _ version: PinnedVersion, _ instances: [InstanceRecord], past: PastRun?, now: Moment
    ) {
        forget(record.id)
        abandonAttempts(of: record.id, besides: record.state.isFinished ? [] : Set(instances.compactMap(\.attempt)))
        guard !record.state.isFinished else { return }
        var plan = RunPlan(graph: version.graph, stored: instances.map { StoredInstance($0, graph: version.graph) })
        plan.willEnd(as: record.endsAs)
        var run = ActiveRun(record: record, version: version, plan: plan)
        run.hasRows = !instances.isEmpty
        for instance in instances where !instance.state.isFinished && instance.state != .none {
            guard let task = version.graph.index[instance.taskID] else { continue }
            run.details[InstanceKey(task: task, mapIndex: instance.mapIndex)] = InstanceDetail(instance)
        }
        runs[record.id] = run
        setPast(record.id, past)
        if record.state == .queued {
            enqueue(record)
            startable.insert(record.dagID)
        } else {
            dags[record.dagID, default: DAGEntry()].lines[record.line, default: RunLine()].running += 1
            resume(record.id, instances, now: now)
            awaitTimeout(record.id, now)
        }
        if record.isCancelRequested { cancel(record.id, reason: "the run was cancelled", now: now) }
        dropIfUnwanted(record.id, now: now)
        touch(record.id)
    }

    private mutating func enqueue(_ record: RunRecord) {
        let queued = dags[record.dagID]?.lines[record.line]?.queued ?? []
        let place = queued.firstIndex { other in runs[other].map { record.starts(before: $0.record) } ?? false }
        dags[record.dagID, default: DAGEntry()].lines[record.line, default: RunLine()].queued
            .insert(record.id, at: place ?? queued.count)
    }

    /// Attempts that the instances of a run no longer know: somebody cleared or marked them while they were executing.
    private mutating func abandonAttempts(of id: Int64, besides known: Set<Int64>) {
        let unknown = attempts.filter {
            $0.value.run == id && !$0.value.isAbandoned && !known.contains($0.key.rawValue)
        }
        for attempt in unknown.keys.sorted() {
            attempts[attempt]?.isAbandoned = true
            guard let worker = unknown[attempt]?.worker else { continue }
            pendingEffects.append((nil, .cancel(worker, attempt, reason: "the task instance was changed by somebody")))
        }
    }

    /// A run is gone from memory: finished, or to be loaded again. What it has not written yet is not written.
    package mutating func forget(_ id: Int64) {
        guard let run = runs.removeValue(forKey: id) else { return }
        ready.forget(run)
        forgetPast(of: run)
        releaseWaits(of: id)
        pendingAttempts.removeAll { $0.run == id }
        pendingOutputs.removeAll { $0.run == id }
        pendingCallbacks.removeAll { $0.run == id }
        if run.record.state == .queued {
            dags[run.record.dagID]?.lines[run.record.line]?.queued.removeAll { $0 == id }
        } else {
            dags[run.record.dagID]?.lines[run.record.line]?.running -= 1
            startable.insert(run.record.dagID)
        }
    }

    private mutating func resume(_ id: Int64, _ instances: [InstanceRecord], now: Moment) {
        guard let run = runs[id] else { return }
        for instance in instances {
            guard let task = run.version.graph.index[instance.taskID] else { continue }
            let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
            switch instance.state {
            case .scheduled: ready.push(key, of: run)
            case .upForRetry:
                let wait = (instance.retryAt ?? now.wall) - now.wall
                let retry = SchedulerTimers.Kind.retry(run: id, key: key, tryNumber: instance.tryNumber)
                timers.add(retry, at: now.monotonic + max(0, wait.wholeMicroseconds))
            case .upForReschedule, .deferred, .awaitingInput: resumeWait(key, of: id, now: now)
            case .queued, .running: adopt(instance, key, run, now: now)
            case .restarting:
                adopt(instance, key, run, now: now)
                stop(instance)
            default: break
            }
        }
    }

    /// An attempt that this core did not dispatch waits for a worker to report it.
    private mutating func adopt(_ instance: InstanceRecord, _ key: InstanceKey, _ run: ActiveRun, now: Moment) {
        guard let raw = instance.attempt, let token = instance.token, attempts[AttemptID(rawValue: raw)] == nil else {
            return
        }
        let reportBy = now.monotonic + (rules.hold + rules.lease).wholeMicroseconds
        let holds = run.version.holds(task: key.task, run: run.record.id)
        attempts[AttemptID(rawValue: raw)] = LiveAttempt(
            run: run.record.id, key: key, token: AttemptToken(bytes: token), worker: nil,
            workerLabel: instance.worker ?? "", holdsSlot: run.version.work[key.task].holdsSlot, holds: holds,
            reportBy: reportBy)
        ready.take(holds)
        timers.add(.orphans, at: reportBy)
    }

    /// A person cleared an instance while a worker had its attempt: it begins again when that has ended.
    private mutating func stop(_ instance: InstanceRecord) {
        guard let attempt = instance.attempt.map(AttemptID.init(rawValue:)) else { return }
        attempts[attempt]?.isUnwanted = true
        guard let worker = attempts[attempt]?.worker else { return }
        pendingEffects.append((nil, .cancel(worker, attempt, reason: "the task instance was cleared")))
    }

    /// Starts waiting runs, oldest first, as far as `maxActiveRuns` allows; those of backfills after the DAG's own.
    mutating func startQueuedRuns(now: Moment) {
        for dagID in startable.sorted() {
            guard let entry = dags[dagID], !entry.isPaused else { continue }
            for line in entry.lines.keys.sorted(by: { ($0 ?? -1) < ($1 ?? -1) }) {
                start(entry.lines[line]?.queued ?? [], of: dagID, line, now: now)
            }
        }
        startable.removeAll(keepingCapacity: true)
    }

    private mutating func start(_ queued: [Int64], of dagID: String, _ line: Int64?, now: Moment) {
        for id in queued {
            guard let run = runs[id] else { continue }
            guard run.record.runAfter <= now.wall else {
                let wait = run.record.runAfter - now.wall
                timers.add(.start(dagID: dagID), at: now.monotonic + wait.wholeMicroseconds)
                continue
            }
            guard (dags[dagID]?.lines[line]?.running ?? 0) < maximumRunning(run) else { break }
            start(id, now: now)
        }
    }

    private mutating func start(_ id: Int64, now: Moment) {
        guard let record = runs[id]?.record else { return }
        dags[record.dagID]?.lines[record.line]?.queued.removeAll { $0 == id }
        dags[record.dagID]?.lines[record.line]?.running += 1
        runs[id]?.record.state = .running
        runs[id]?.record.startedAt = now.wall
        runs[id]?.isStateChanged = true
        runs[id]?.createRows()
        awaitTimeout(id, now)
        touch(id)
    }
}

extension InstanceDetail {
    fileprivate init(_ record: InstanceRecord) {
        self.init()
        attempt = record.attempt
        token = record.token
        worker = record.worker
        pid = record.pid
        queuedAt = record.queuedAt
        startedAt = record.startedAt
        endedAt = record.endedAt
        retryAt = record.retryAt
        reason = record.reason
        listLength = record.listLength
        steering = record.steering
        mapIndexName = record.mapIndexName
        wait = record.wait
    }
}
