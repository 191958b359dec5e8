package import DAGModel
internal import Crypto
internal import Store
package import WorkerProtocol

// Events from workers.
extension SchedulerCore {
    /// A worker connected, for the first time or again, and tells the attempts that it holds.
    ///
    /// - Parameter isSuccessor: No other process of a worker of this name runs any more.
    /// - Returns: The held attempts that nobody waits for: they are to be stopped.
    package mutating func workerJoined(
        _ id: WorkerID, name: String, slots: Int, held: [AttemptID], isSuccessor: Bool, now: Moment
    ) -> [AttemptID] {
        var entry = workers[id] ?? WorkerEntry(name: name, slots: slots, heardAt: now.monotonic)
        entry.isConnected = true
        entry.isDraining = false
        entry.heardAt = now.monotonic
        if workers[id] == nil { timers.add(.lease(worker: id), at: now.monotonic + rules.lease.wholeMicroseconds) }
        workers[id] = entry
        for attempt in held where attempts[attempt]?.worker == id { attempts[attempt]?.confirmedAt = now.monotonic }
        let revoked = held.filter { !claim($0, by: id) }
        let missing = entry.attempts.subtracting(held).union(orphans { $0 == entry.label(id) })
        for attempt in missing.sorted() {
            lose(attempt, "worker \(entry.label(id)) no longer knows the attempt", now: now)
        }
        if isSuccessor { loseAttempts(ofFormer: name, besides: id, now: now) }
        return revoked
    }

    /// Notes that a worker holds an attempt; false when nobody waits for it.
    private mutating func claim(_ attempt: AttemptID, by id: WorkerID) -> Bool {
        guard let live = attempts[attempt] else { return false }
        if live.worker == nil {
            attempts[attempt]?.worker = id
            attempts[attempt]?.confirmedAt = workers[id]?.heardAt ?? 0
            workers[id]?.attempts.insert(attempt)
            if live.holdsSlot { workers[id]?.usedSlots += 1 }
            if live.delivery != nil { workers[id]?.calls += 1 }
        }
        return attempts[attempt]?.worker == id && !live.isAbandoned && !live.isUnwanted
    }

    private mutating func loseAttempts(ofFormer name: String, besides id: WorkerID, now: Moment) {
        let former = workers.filter { $0.value.name == name && $0.key != id }
        for (worker, entry) in former.sorted(by: { $0.key.instance < $1.key.instance }) {
            for attempt in entry.attempts.sorted() {
                lose(attempt, "worker \(entry.label(worker)) has ended", now: now)
            }
            workers[worker] = nil
        }
        for attempt in orphans({ WorkerEntry.name(label: $0) == name }).sorted() {
            lose(attempt, "worker \(attempts[attempt]?.workerLabel ?? name) has ended", now: now)
        }
    }

    /// Attempts that no worker has reported to this leader, by the worker that their rows tell.
    private func orphans(_ isOf: (_ label: String) -> Bool) -> Set<AttemptID> {
        Set(attempts.filter { $0.value.worker == nil && isOf($0.value.workerLabel) }.keys)
    }

    /// The connection to a worker broke. Its attempts run on; they are lost when its lease ends.
    package mutating func workerDisconnected(_ id: WorkerID) {
        workers[id]?.isConnected = false
    }

    package mutating func workerDrains(_ id: WorkerID) { workers[id]?.isDraining = true }

    /// A worker is alive and tells the attempts that it holds.
    ///
    /// - Returns: Those that nobody waits for.
    package mutating func heartbeat(_ id: WorkerID, held: [AttemptID], now: Moment) -> [AttemptID] {
        workers[id]?.heardAt = now.monotonic
        guard workers[id] != nil else { return held }
        for attempt in held where attempts[attempt]?.worker == id { attempts[attempt]?.confirmedAt = now.monotonic }
        loseForgotten(by: id, now: now)
        return held.filter { !claim($0, by: id) }
    }

    /// Attempts that a worker has not mentioned for a lease, although it is alive: it does not have them, or has lost them.
    private mutating func loseForgotten(by id: WorkerID, now: Moment) {
        guard let worker = workers[id] else { return }
        let oldest = now.monotonic - rules.lease.wholeMicroseconds
        for attempt in worker.attempts.filter({ attempts[$0].map { $0.confirmedAt <= oldest } ?? false }).sorted() {
            lose(
                attempt, "worker \(worker.label(id)) is alive, but has not mentioned the attempt for a lease", now: now)
        }
    }

    /// The body of an attempt began. Its row says so a little later, if the attempt has not ended by then: short tasks, of which there
    /// are many, cost one write less.
    package mutating func started(_ id: AttemptID, at: Instant, pid: Int, now: Moment) {
        guard let live = attempts[id], !live.isAbandoned, runs[live.run]?.details[live.key]?.attempt == id.rawValue
        else {
            return
        }
        // An attempt that goes on began with the first one of its try.
        if runs[live.run]?.details[live.key]?.startedAt == nil { runs[live.run]?.details[live.key]?.startedAt = at }
        runs[live.run]?.details[live.key]?.pid = pid
        let due = now.monotonic + rules.startDelay.wholeMicroseconds
        if pendingStarts.isEmpty { timers.add(.starts, at: due) }
        pendingStarts.append(PendingStart(attempt: id, due: due))
    }

    /// Notes the attempts whose time has come as running.
    mutating func noteStarts(_ now: Moment) {
        let due = pendingStarts.prefix { $0.due <= now.monotonic }
        for start in due {
            guard let live = attempts[start.attempt], !live.isAbandoned,
                runs[live.run]?.plan[live.key]?.state == .queued
            else { continue }
            touch(live.run)
            runs[live.run]?.willChange(live.key)
            runs[live.run]?.plan.note(live.key, .running)
        }
        pendingStarts.removeFirst(due.count)
        while let first = pendingStarts.first, attempts[first.attempt] == nil { pendingStarts.removeFirst() }
        if let next = pendingStarts.first { timers.add(.starts, at: next.due) }
    }

    /// An attempt ended, as its worker says. The answer to it is an effect of the next tick.
    package mutating func ended(_ result: AttemptResult, from worker: WorkerID, now: Moment) {
        workers[worker]?.heardAt = now.monotonic
        guard let live = attempts[result.attempt], live.token == result.token else {
            pendingEffects.append((nil, .acknowledge(worker, result.attempt)))
            return
        }
        release(result.attempt)
        pendingEffects.append((live.run, .acknowledge(worker, result.attempt)))
        // Not the run itself: a second reference to it would make its next change copy it whole.
        guard !live.isAbandoned, let version = runs[live.run]?.version else { return }
        var ended =
            live.isUnwanted
            ? .unwanted
            : EndedAttempt(
                result.outcome, of: version.graph.tasks[live.key.task],
                isMappedOver: version.work[live.key.task].isMappedOver)
        ended.outletEvents = result.outletEvents
        finish(result.attempt, live, ended, usage: result.usage, now: now)
    }

    /// What attempts on a worker are recorded with; nil for one that is not known.
    package func label(of worker: WorkerID) -> String? { workers[worker]?.label(worker) }

    /// A worker is told of an attempt, now that the tick is committed that gave it to it.
    ///
    /// - Returns: False when the attempt is not that worker's any more: it is not to be told.
    package mutating func dispatched(_ attempt: AttemptID, to worker: WorkerID, now: Moment) -> Bool {
        guard attempts[attempt]?.worker == worker else { return false }
        attempts[attempt]?.confirmedAt = now.monotonic
        return true
    }

    /// A tick was not committed for a run: its dispatches never happened.
    package mutating func undo(_ effects: [Effect]) {
        for case .dispatch(_, let spec) in effects { release(spec.id) }
    }

    /// An attempt's worker is gone.
    mutating func lose(_ id: AttemptID, _ reason: String, now: Moment) {
        guard let live = attempts[id] else { return }
        if let delivery = live.delivery {
            pendingEffects.append((nil, .callLost(delivery, id, reason)))
        }
        release(id)
        guard !live.isAbandoned else { return }
        finish(id, live, live.isUnwanted ? .unwanted : .lost(reason), usage: AttemptUsage(), now: now)
    }

    mutating func release(_ id: AttemptID) {
        guard let live = attempts.removeValue(forKey: id) else { return }
        ready.release(live.holds)
        guard let worker = live.worker else { return }
        workers[worker]?.attempts.remove(id)
        if live.holdsSlot { workers[worker]?.usedSlots -= 1 }
        if live.delivery != nil { workers[worker]?.calls -= 1 }
    }

    private mutating func finish(
        _ id: AttemptID, _ live: LiveAttempt, _ end: EndedAttempt, usage: AttemptUsage, now: Moment
    ) {
        var ended = end
        touch(live.run)
        guard var run = runs.removeValue(forKey: live.run) else { return }
        defer { runs[live.run] = run }
        guard var detail = run.details[live.key], detail.attempt == id.rawValue else { return }
        run.willChange(live.key)
        guard let state = run.plan.end(live.key, ended) else { return }
        let task = run.version.graph.tasks[live.key.task]
        if ended.end == .lost, state == .failed {
            ended.reason =
                "\(ended.reason ?? "lost"); that was loss \((run.plan[live.key]?.losses ?? 0)), and maxLosses is \(task.retryPolicy.maxLosses)"
        }
        let began = usage.startedAt > 0 ? Instant(microseconds: usage.startedAt) : nil
        pendingAttempts.append(
            AttemptRecord(
                id: id.rawValue, run: live.run, taskID: task.id, mapIndex: live.key.mapIndex,
                tryNumber: run.plan[live.key]?.tryNumber ?? 0, state: state == .upForRetry ? .failed : state,
                worker: detail.worker ?? "", pid: detail.pid, queuedAt: detail.queuedAt,
                startedAt: began ?? (detail.wait == nil ? detail.startedAt : detail.queuedAt),
                endedAt: usage.endedAt > 0 ? Instant(microseconds: usage.endedAt) : now.wall,
                cpuMicroseconds: usage.cpu, maxResidentKiB: usage.maxResidentKiB, exitCode: ended.exitCode,
                signal: ended.signal, reason: ended.reason, cause: ended.cause))
        if detail.wait == nil { detail.startedAt = began ?? detail.startedAt }
        // An empty value stands for an output that is stored already, under its attempt.
        if !ended.output.isEmpty || ended.isKept, state == .success {
            pendingOutputs.append(
                OutputWrite(
                    run: live.run, taskID: task.id, mapIndex: live.key.mapIndex, attempt: id.rawValue,
                    value: ended.output, schema: run.version.work[live.key.task].outputSchema))
        }
        detail.attempt = nil
        detail.token = nil
        detail.outletEvents = ended.outletEvents
        detail.endedAt = now.wall
        detail.reason = ended.reason
        detail.listLength = ended.listLength
        detail.steering = ended.steering
        if state.isFinished {
            detail.mapIndexName = run.name(of: live.key, attempt: id, live.token, output: ended.output)
        }
        // What was lost with its worker goes on from where it was; after a failure of its own it begins anew.
        if state == .upForRetry, ended.end != .lost { detail.wait = nil }
        if let suspension = ended.suspension {
            suspend(&detail, suspension, live.key, of: live.run, now: now)
        } else if state == .upForRetry {
            retry(&detail, live.key, of: run, atOnce: ended.end == .lost || live.isUnwanted, now: now)
        }
        run.details[live.key] = detail
        if !live.isUnwanted, ended.suspension == nil { noteCallback(live.key, state, in: run, attempt: id, now: now) }
    }

    /// Waits for the next try.
    mutating func retry(
        _ detail: inout InstanceDetail, _ key: InstanceKey, of run: ActiveRun, atOnce: Bool, now: Moment
    ) {
        guard let instance = run.plan[key] else { return }
        let task = run.version.graph.tasks[key.task]
        let seed = RetrySeed(dagID: run.record.dagID, taskID: task.id, logicalDate: run.record.logicalDate)
        let delay =
            atOnce
            ? .zero
            : task.retryDelay.wait(after: instance.tryNumber - instance.losses, seed: seed) { text in
                Array(Insecure.SHA1.hash(data: Array(text.utf8)))
            }
        detail.retryAt = now.wall + delay
        timers.add(
            .retry(run: run.record.id, key: key, tryNumber: instance.tryNumber),
            at: now.monotonic + delay.wholeMicroseconds)
    }
}

extension RunPlan {
    /// Notes how an attempt ended, or that it waits.
    fileprivate mutating func end(_ key: InstanceKey, _ ended: EndedAttempt) -> TaskState? {
        guard let suspension = ended.suspension else { return end(key, ended.end) }
        return note(key, suspension.state) ? suspension.state : nil
    }
}
