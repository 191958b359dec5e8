package import DAGModel
internal import Store
internal import WorkerProtocol

extension SchedulerCore {
    /// Decides everything that follows from the events so far.
    package mutating func tick(_ now: Moment) -> Tick {
        fireTimers(now)
        startQueuedRuns(now: now)
        for run in touched { plan(run, now: now) }
        for run in touched { bookWaits(of: run) }
        dispatch(now)
        noteRefusals()
        var tick = Tick()
        for run in touched { collect(run, into: &tick) }
        tick.writes.attempts = pendingAttempts
        tick.writes.outputs = pendingOutputs
        tick.writes.callbacks = pendingCallbacks
        tick.effects += pendingEffects
        touched.removeAll(keepingCapacity: true)
        pendingAttempts.removeAll(keepingCapacity: true)
        pendingOutputs.removeAll(keepingCapacity: true)
        pendingCallbacks.removeAll()
        pendingEffects.removeAll(keepingCapacity: true)
        return tick
    }

    private mutating func fireTimers(_ now: Moment) {
        while let kind = timers.popDue(now) {
            switch kind {
            case .retry(let run, let key, let tryNumber): retry(run, key, tryNumber)
            case .wake(let run, let key, let until): endWait(run, key, until, now)
            case .lease(let worker): endLease(worker, now)
            case .orphans: loseOrphans(now)
            case .starts: noteStarts(now)
            case .start(let dagID): startable.insert(dagID)
            case .runTimeout(let run, let startedAt): timeOut(run, startedAt, now)
            }
        }
    }

    private mutating func retry(_ id: Int64, _ key: InstanceKey, _ tryNumber: Int) {
        guard let instance = runs[id]?.plan[key], instance.tryNumber == tryNumber, instance.state == .upForRetry else {
            return
        }
        touch(id)
        runs[id]?.willChange(key)
        guard runs[id]?.plan.retryIsDue(key) == true else { return }
        let resumed = runs[id]?.details[key]?.resumed
        runs[id]?.details[key] = resumed ?? InstanceDetail()
        if let run = runs[id] { ready.push(key, of: run) }
    }

    private mutating func endLease(_ id: WorkerID, _ now: Moment) {
        guard let worker = workers[id] else { return }
        let due = worker.heardAt + rules.lease.wholeMicroseconds
        guard due <= now.monotonic else { return timers.add(.lease(worker: id), at: due) }
        let silence = (now.monotonic - worker.heardAt) / 1_000_000
        for attempt in worker.attempts.sorted() {
            lose(
                attempt, "nothing heard from worker \(worker.label(id)) for \(silence) s: it or its host is gone",
                now: now)
        }
        workers[id] = nil
        // A worker that was frozen, or cut off without a word, has to introduce itself again.
        if worker.isConnected { pendingEffects.append((nil, .disconnect(id))) }
    }

    private mutating func loseOrphans(_ now: Moment) {
        let due = attempts.filter { $0.value.worker == nil && $0.value.reportBy <= now.monotonic }
        for attempt in due.keys.sorted() {
            lose(attempt, "no worker reported the attempt after another scheduler took over", now: now)
        }
    }

    private mutating func plan(_ id: Int64, now: Moment) {
        guard runs[id]?.record.state == .running, var run = runs.removeValue(forKey: id) else { return }
        defer { runs[id] = run }
        while !run.plan.isSettled {
            for change in run.plan.pass() { note(change, in: &run, now: now) }
        }
        noteWaits(in: &run)
        guard let state = run.plan.finalState else { return }
        run.record.state = run.record.isCancelRequested ? .failed : state
        run.record.endedAt = now.wall
        run.isStateChanged = true
        guard !run.record.isCancelRequested, run.record.endsAs == nil else { return }
        noteCallback(endOf: run, reason: run.endReason, now: now)
    }

    private mutating func note(_ change: InstanceChange, in run: inout ActiveRun, now: Moment) {
        if change.from == nil { run.replacePlaceholder(of: change.key.task) }
        run.didChange(change)
        // It may say that it waited for the run before.
        if change.from == TaskState.none { run.details[change.key] = nil }
        if change.state == .scheduled {
            ready.push(change.key, of: run)
        } else if change.state == .deferred {
            beginTimeWait(change.key, in: &run, now: now)
        } else if change.state.isFinished {
            var detail = run.details[change.key] ?? InstanceDetail()
            if change.state == .success { detail.startedAt = now.wall }
            if change.from != TaskState.none { stop(&detail, change, run, now: now) }
            detail.endedAt = now.wall
            run.details[change.key] = detail
            // What has no process has ended by itself; what a rule skips has no callback.
            if change.state == .success { noteCallback(change.key, .success, in: run, attempt: nil, now: now) }
        }
    }

    /// Another task of a DAG that fails fast has failed.
    private mutating func stop(_ detail: inout InstanceDetail, _ change: InstanceChange, _ run: ActiveRun, now: Moment)
    {
        let reason = "another task failed, and the DAG fails fast"
        if let raw = detail.attempt {
            abandon(AttemptID(rawValue: raw), run, change.key, as: .failed, detail, reason, now)
        }
        detail.attempt = nil
        detail.token = nil
        detail.retryAt = nil
        detail.reason = reason
    }

    /// Turns what a run's tick has changed into writes, and lets go of a run that has ended.
    private mutating func collect(_ id: Int64, into tick: inout Tick) {
        guard runs[id]?.isTouched == true, var run = runs.removeValue(forKey: id) else { return }
        tick.writes.runs.append((id, run.record.revision))
        tick.writes.expandedTasks += run.expandedTasks.sorted().map { (id, run.version.graph.tasks[$0].id) }
        for (key, from) in run.changed.sorted(by: { $0.key < $1.key }) {
            guard let write = run.write(key, from: from ?? TaskState.none) else { continue }
            tick.writes.assetEvents += run.assetEvents(key, write)
            if from == nil { tick.writes.newInstances.append(write) } else { tick.writes.instances.append(write) }
            if run.plan[key]?.state.isFinished == true { run.details[key] = nil }
        }
        if run.isStateChanged {
            tick.writes.runStates.append(
                RunStateWrite(
                    run: id, state: run.record.state, startedAt: run.record.startedAt, endedAt: run.record.endedAt))
        }
        if let ended = pastEnded(in: run) { tick.effects.append((id, ended)) }
        if let failure = run.failure { tick.writes.failures.append(failure) }
        run.changed.removeAll(keepingCapacity: true)
        run.expandedTasks.removeAll()
        run.isStateChanged = false
        run.isTouched = false
        guard run.record.state.isFinished else {
            runs[id] = run
            return
        }
        ready.forget(run)
        forgetPast(of: run)
        releaseWaits(of: id)
        dags[run.record.dagID]?.lines[run.record.line]?.running -= 1
        startable.insert(run.record.dagID)
        tick.effects.append((id, .finished(dagID: run.record.dagID, runID: run.record.runID)))
    }
}

extension ActiveRun {
    /// Why the run has ended, as Airflow calls it.
    fileprivate var endReason: String {
        if isTimedOut { return "timed_out" }
        if record.state == .success { return "success" }
        return plan.isDeadlocked ? "all_tasks_deadlocked" : "task_failure"
    }

    /// The updates of assets that an instance which has just succeeded stands for.
    fileprivate func assetEvents(_ key: InstanceKey, _ write: InstanceWrite) -> [AssetEventWrite] {
        let outlets = version.graph.tasks[key.task].outlets
        guard !outlets.isEmpty, write.state == .success, write.from != .success, let at = write.endedAt else {
            return []
        }
        let told = details[key]?.outletEvents ?? []
        return outlets.map { asset in
            let extra = told.last { $0.name == asset.name && $0.uri == asset.uri }?.extra
            return AssetEventWrite(
                run: record.id, dagID: record.dagID, runID: record.runID, taskID: write.taskID, mapIndex: key.mapIndex,
                tryNumber: write.tryNumber, asset: asset.key,
                extra: extra.map { String(decoding: $0, as: UTF8.self) } ?? "{}", at: at)
        }
    }

    /// What is written when the run has just failed, not by a person's will, and its DAG is paused after some failures in a row.
    fileprivate var failure: FailedRunWrite? {
        let limit = version.record.document.limits.maxConsecutiveFailedRuns
        guard isStateChanged, record.state == .failed, !record.isCancelRequested, limit > 0, let end = record.endedAt
        else { return nil }
        let runs = limit == 1 ? "its last run" : "its last \(limit) runs"
        return FailedRunWrite(
            run: record.id, dagID: record.dagID, limit: limit, at: end,
            reason:
                "\(runs) failed, the newest is \(record.runID); once that is repaired: dagctl dags unpause \(record.dagID)"
        )
    }

    /// A mapped task has its instances now; the row -1 that stood for them goes, if the database has it.
    fileprivate mutating func replacePlaceholder(of task: Int) {
        let key = InstanceKey(task: task)
        if let state = changed.removeValue(forKey: key), state == nil { return }
        expandedTasks.insert(task)
    }

    fileprivate func write(_ key: InstanceKey, from: TaskState) -> InstanceWrite? {
        guard let instance = plan[key] else { return nil }
        let task = version.graph.tasks[key.task]
        var write = InstanceWrite(
            run: record.id, taskID: task.id, mapIndex: key.mapIndex, from: from, state: instance.state,
            tryNumber: instance.tryNumber, maxTries: task.retries + instance.grantedTries, losses: instance.losses)
        guard let detail = details[key] else { return write }
        write.attempt = detail.attempt
        write.token = detail.token
        write.worker = detail.worker
        write.pid = detail.pid
        write.queuedAt = detail.queuedAt
        write.startedAt = detail.startedAt
        write.endedAt = detail.endedAt
        write.retryAt = detail.retryAt
        write.reason = detail.reason
        write.listLength = detail.listLength
        write.steering = detail.steering
        write.mapIndexName = detail.mapIndexName
        write.wait = instance.state.isFinished ? detail.wait?.record : detail.wait
        return write
    }
}
