internal import DAGModel
internal import Store

// Instances that wait without an attempt. The story: an attempt says what it waits for (``suspend(_:_:_:of:now:)``), which is written like
// any other end; the time comes (``endWait(_:_:_:_:)``), or a person's or an event's change of the row is read; then the instance is ready
// again, and its next attempt gets back what the last one saved.
extension SchedulerCore {
    /// An attempt gave its slot back.
    mutating func suspend(
        _ detail: inout InstanceDetail, _ suspension: Suspension, _ key: InstanceKey, of run: Int64, now: Moment
    ) {
        detail.wait = TaskWait(suspension, number: (detail.wait?.number ?? 0) + 1, since: now.wall)
        detail.endedAt = nil
        detail.pid = nil
        if case .event(let event) = suspension.wait { pendingEffects.append((run, .lookForEvent(key: event))) }
        arm(suspension, key, of: run, now: now)
    }

    /// A task that only waits for a time has begun.
    mutating func beginTimeWait(_ key: InstanceKey, in run: inout ActiveRun, now: Moment) {
        guard let wait = run.version.timeWaits[key.task] else { return }
        let record = run.record
        let interval = record.dataIntervalEnd ?? record.logicalDate ?? record.startedAt ?? now.wall
        let suspension = Suspension(.time, until: wait.end(intervalEnd: interval, now: now.wall))
        var detail = InstanceDetail()
        detail.startedAt = now.wall
        detail.reason = suspension.sentence
        detail.wait = TaskWait(suspension, number: 1, since: now.wall)
        run.details[key] = detail
        arm(suspension, key, of: record.id, now: now)
    }

    /// An instance that waits was read from the database.
    mutating func resumeWait(_ key: InstanceKey, of id: Int64, now: Moment) {
        guard let wait = runs[id]?.details[key]?.wait else { return }
        arm(wait.suspension, key, of: id, now: now)
        bookWait(key, of: id)
    }

    private mutating func arm(_ suspension: Suspension, _ key: InstanceKey, of run: Int64, now: Moment) {
        guard let until = suspension.until else { return }
        let rest = max(0, (until - now.wall).wholeMicroseconds)
        timers.add(.wake(run: run, key: key, until: until), at: now.monotonic + rest)
    }

    /// The time of a wait has come, if it is still waited for.
    mutating func endWait(_ id: Int64, _ key: InstanceKey, _ until: Instant, _ now: Moment) {
        guard let run = runs[id], run.plan[key]?.state.isSuspended == true, let detail = run.details[key],
            let wait = detail.wait, wait.cause == nil, wait.suspension.until == until
        else { return }
        // The wall clock was set back: the time is the wall's.
        guard until <= now.wall else { return arm(wait.suspension, key, of: id, now: now) }
        touch(id)
        runs[id]?.willChange(key)
        if run.version.timeWaits[key.task] != nil { return endTimeWait(key, of: id, now) }
        switch wait.suspension.wait {
        case .poke, .time: resume(key, of: id, .time)
        case .event(let event) where wait.suspension.failsAtDeadline:
            failWait(key, of: id, "event \(event) did not come until \(until.isoformat)", now)
        case .event: resume(key, of: id, .deadline)
        case .person(let request):
            if let answer = request.defaultAnswer(at: now.wall) {
                resume(key, of: id, .answer(answer))
            } else {
                failWait(key, of: id, "nobody answered until \(until.isoformat): \(request.subject)", now)
            }
        }
    }

    private mutating func endTimeWait(_ key: InstanceKey, of id: Int64, _ now: Moment) {
        guard runs[id]?.plan.end(key, .success()) == .success else { return }
        runs[id]?.details[key]?.endedAt = now.wall
        runs[id]?.details[key]?.reason = nil
        if let run = runs[id] { noteCallback(key, .success, in: run, attempt: nil, now: now) }
    }

    private mutating func resume(_ key: InstanceKey, of id: Int64, _ cause: WakeCause) {
        guard runs[id]?.plan.wake(key) == true else { return }
        runs[id]?.details[key]?.wait?.cause = cause
        runs[id]?.details[key]?.reason = nil
        if let run = runs[id] { ready.push(key, of: run) }
    }

    private mutating func failWait(_ key: InstanceKey, of id: Int64, _ reason: String, _ now: Moment) {
        guard let state = runs[id]?.plan.end(key, .failed), let run = runs[id], var detail = run.details[key] else {
            return
        }
        detail.endedAt = now.wall
        detail.reason = reason
        if state == .upForRetry {
            detail.wait = nil
            retry(&detail, key, of: run, atOnce: false, now: now)
        }
        runs[id]?.details[key] = detail
        if let run = runs[id] { noteCallback(key, state, in: run, attempt: nil, now: now) }
    }

    // MARK: Limits

    /// Takes what instances that wait now take of the limits, and gives back what those took that do so no longer.
    mutating func bookWaits(of id: Int64) {
        guard let changed = runs[id]?.changed.keys else { return }
        for key in changed.sorted() { bookWait(key, of: id) }
    }

    private mutating func bookWait(_ key: InstanceKey, of id: Int64) {
        guard let run = runs[id], let state = run.plan[key]?.state else { return }
        let wanted = run.version.holds(task: key.task, run: id, waitingIn: state)
        let held = waiting[id]?[key] ?? []
        guard wanted != held else { return }
        ready.take(wanted)
        ready.release(held)
        waiting[id, default: [:]][key] = wanted.isEmpty ? nil : wanted
        if waiting[id]?.isEmpty == true { waiting[id] = nil }
    }

    /// The run has left memory.
    mutating func releaseWaits(of id: Int64) {
        for (_, holds) in waiting.removeValue(forKey: id)?.sorted(by: { $0.key < $1.key }) ?? [] {
            ready.release(holds)
        }
    }
}

extension InstanceDetail {
    /// What the next attempt goes on from; nil when it begins.
    var resumed: InstanceDetail? {
        guard let wait, wait.cause != nil else { return nil }
        var detail = InstanceDetail()
        (detail.wait, detail.startedAt) = (wait, startedAt)
        return detail
    }
}
