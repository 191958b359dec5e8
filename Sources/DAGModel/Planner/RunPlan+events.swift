extension RunPlan {
    /// Notes what became of an instance without having ended: it was sent to a worker (`queued`), began to run, or waits without a worker
    /// (`deferred`, `up_for_reschedule`, `awaiting_input`).
    ///
    /// - Returns: Whether the instance could become that.
    @discardableResult
    public mutating func note(_ key: InstanceKey, _ state: TaskState) -> Bool {
        set(key, state, by: state == .queued ? .scheduler : .worker)
    }

    /// Notes how an attempt ended, or the wait of a suspended one.
    ///
    /// - Returns: The state that the instance is in now, or nil when no attempt of it is executing or suspended.
    public mutating func end(_ key: InstanceKey, _ end: AttemptEnd) -> TaskState? {
        guard let instance = self[key], instance.state.isExecuting || instance.state.isSuspended else { return nil }
        let state = stateAfter(end, of: instance, task: key.task)
        guard set(key, state, by: end == .lost ? .scheduler : .worker) else { return nil }
        if end == .lost, instance.state != .restarting { tasks[key.task].update(key.mapIndex) { $0.losses += 1 } }
        if state == .success, case .success(let steering, let length) = end {
            tasks[key.task].listLength = length
            if let steering { steer(from: key, steering) }
        }
        return state
    }

    /// Notes that the time of the next attempt has come.
    public mutating func retryIsDue(_ key: InstanceKey) -> Bool {
        guard self[key]?.state == .upForRetry else { return false }
        return begin(key) != nil
    }

    /// Notes that what a suspended instance waits for has come: it goes on with the same try.
    public mutating func wake(_ key: InstanceKey) -> Bool {
        guard self[key]?.state.isSuspended == true else { return false }
        return decide(key, .scheduled) != nil
    }

    /// A task may not start yet, because the same task in an earlier run has not ended well. Say so before the first ``pass()``.
    public mutating func holdBack(_ task: Int) { heldBack.insert(task) }

    /// The earlier runs let a task start.
    public mutating func release(_ task: Int) {
        if heldBack.remove(task) != nil { markDirty(task) }
    }

    /// Only these tasks may not start yet.
    ///
    /// - Returns: Whether anything changed.
    public mutating func holdBack(only tasks: Set<Int>) -> Bool {
        guard tasks != heldBack else { return false }
        for task in heldBack.subtracting(tasks).sorted() { release(task) }
        heldBack = tasks
        return true
    }

    /// An earlier run holds back a task that is not finished.
    public var isHeldBack: Bool { heldBack.contains { tasks[$0].unfinished > 0 } }

    /// The instances that could start if the run before let them.
    public var waitingForPast: [InstanceKey] {
        heldBack.sorted().flatMap { task in
            tasks[task].instances.filter { $0.state == .none }.map { InstanceKey(task: task, mapIndex: $0.mapIndex) }
        }.filter { decision(whenHeld: false, $0) == .run }
    }

    private func stateAfter(_ end: AttemptEnd, of instance: InstancePlan, task: Int) -> TaskState {
        // What was cleared while it ran begins again, however it ended.
        guard instance.state != .restarting else { return .upForRetry }
        switch end {
        case .success: return .success
        case .skipped: return .skipped
        case .failedForGood: return .failed
        case .failed:
            let tries = graph.tasks[task].retries + 1 + instance.grantedTries
            return instance.tryNumber - instance.losses < tries ? .upForRetry : .failed
        case .lost: return instance.losses < graph.tasks[task].retryPolicy.maxLosses ? .upForRetry : .failed
        }
    }

    /// Begins a new try.
    mutating func begin(_ key: InstanceKey) -> InstanceChange? {
        let change = decide(key, .scheduled)
        if change != nil { tasks[key.task].update(key.mapIndex) { $0.tryNumber += 1 } }
        return change
    }
}
