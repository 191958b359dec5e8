internal import DAGModel
internal import Store
internal import WorkerProtocol

// Runs that end because somebody says so, or because their time is over.
extension SchedulerCore {
    /// Ends a run as failed: executing attempts are stopped, everything else is skipped.
    mutating func cancel(_ id: Int64, reason: String, now: Moment) {
        guard var run = runs.removeValue(forKey: id) else { return }
        if run.record.state == .queued {
            dags[run.record.dagID]?.lines[run.record.line]?.queued.removeAll { $0 == id }
            dags[run.record.dagID]?.lines[run.record.line]?.running += 1
            run.record.startedAt = now.wall
            run.record.state = .running
            run.createRows()
        }
        end(run.plan.finishAll(executing: .failed), in: &run, reason, now)
        run.record.isCancelRequested = true
        runs[id] = run
        touch(id)
    }

    /// Waits for the time at which a running run has taken too long, counted from its start in the database.
    mutating func awaitTimeout(_ id: Int64, _ now: Moment) {
        guard let run = runs[id], let timeout = run.version.record.document.limits.dagrunTimeout,
            let startedAt = run.record.startedAt
        else { return }
        let wait = startedAt + .seconds(timeout) - now.wall
        timers.add(.runTimeout(run: id, startedAt: startedAt), at: now.monotonic + max(0, wait.wholeMicroseconds))
    }

    /// A run has taken too long, unless it has ended, or was cleared and started anew.
    mutating func timeOut(_ id: Int64, _ startedAt: Instant, _ now: Moment) {
        guard var run = runs[id], run.record.state == .running, run.record.startedAt == startedAt,
            let timeout = run.version.record.document.limits.dagrunTimeout
        else { return }
        // The calendar clock may have been set back meanwhile.
        guard startedAt + .seconds(timeout) <= now.wall else { return awaitTimeout(id, now) }
        runs[id] = nil
        let reason = "the run took longer than its dagrunTimeout of \(timeout) s"
        end(run.plan.timeOut(), in: &run, reason, now)
        run.isTimedOut = true
        runs[id] = run
        touch(id)
        pendingEffects.append((id, .tell("Run \(run.record.runID) of \(run.record.dagID) has failed: \(reason)")))
    }

    private mutating func end(
        _ changes: [InstanceChange], in run: inout ActiveRun, _ reason: String, _ now: Moment
    ) {
        for change in changes {
            run.didChange(change)
            var detail = run.details[change.key] ?? InstanceDetail()
            if let raw = detail.attempt {
                abandon(AttemptID(rawValue: raw), run, change.key, as: change.state, detail, reason, now)
            }
            detail.attempt = nil
            detail.token = nil
            detail.retryAt = nil
            detail.endedAt = now.wall
            detail.reason = reason
            run.details[change.key] = detail
        }
    }

    /// Stops an attempt whose instance has ended without it.
    mutating func abandon(
        _ id: AttemptID, _ run: ActiveRun, _ key: InstanceKey, as state: TaskState, _ detail: InstanceDetail,
        _ reason: String, _ now: Moment
    ) {
        attempts[id]?.isAbandoned = true
        if let worker = attempts[id]?.worker {
            pendingEffects.append((run.record.id, .cancel(worker, id, reason: reason)))
        }
        pendingAttempts.append(
            AttemptRecord(
                id: id.rawValue, run: run.record.id, taskID: run.version.graph.tasks[key.task].id,
                mapIndex: key.mapIndex,
                tryNumber: run.plan[key]?.tryNumber ?? 0, state: state, worker: detail.worker ?? "", pid: detail.pid,
                queuedAt: detail.queuedAt, startedAt: detail.startedAt, endedAt: now.wall, cpuMicroseconds: 0,
                maxResidentKiB: 0, exitCode: nil, signal: nil, reason: reason, cause: "cancelled"))
    }
}
