package import DAGModel

/// A run with its rows, as a person changes it.
package struct StoredRun: Sendable {
    package var record: RunRecord
    package var instances: [InstanceRecord]
    package let graph: DAGGraph

    package init(record: RunRecord, instances: [InstanceRecord], graph: DAGGraph) {
        self.record = record
        self.instances = instances
        self.graph = graph
    }

    package var plan: RunPlan {
        RunPlan(graph: graph, stored: instances.map { StoredInstance($0, graph: graph) })
    }

    /// The rows of instances that a change is about, in the order of the changes.
    package func rows(_ changes: [InstanceChange]) -> [InstanceRecord] {
        let places = places
        return changes.compactMap { places[$0.key] }.map { instances[$0] }
    }

    private var places: [InstanceKey: Int] {
        Dictionary(
            instances.enumerated().compactMap { place, row in
                graph.index[row.taskID].map { (InstanceKey(task: $0, mapIndex: row.mapIndex), place) }
            }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func change(_ changes: [InstanceChange], _ body: (inout InstanceRecord, InstanceChange) -> Void) {
        let places = places
        for change in changes {
            guard let place = places[change.key] else { continue }
            body(&instances[place], change)
            instances[place].state = change.state
        }
    }
}

extension StoredRun {
    /// Lets instances run again, with all their retries. The run goes back to `queued` when it has ended, unless `resetsRun` is false.
    ///
    /// Source: Airflow 3.3.2, `models/taskinstance.py`, `clear_task_instances`.
    ///
    /// - Returns: The rows as they were.
    package mutating func clear(_ keys: [InstanceKey], resetsRun: Bool = true, now: Instant) -> [InstanceRecord] {
        let plan = plan
        let changes = plan.clearing(keys)
        let cleared = rows(changes)
        let graph = graph
        change(changes) { row, change in
            row.maxTries = row.tryNumber + graph.tasks[change.key.task].retries
            row.losses = 0
            row.reason = nil
            if change.state == .none { row.reset() }
        }
        for task in plan.collapsed(by: changes) { collapse(graph.tasks[task].id) }
        guard !cleared.isEmpty, resetsRun else { return cleared }
        restart(now: now)
        return cleared
    }

    /// Puts a run that has ended back to `queued`.
    package mutating func restart(now: Instant) {
        record.queuedAt = now
        record.isCancelRequested = false
        record.endsAs = nil
        guard record.state.mayBecome(.queued, by: .person) else { return }
        record.state = .queued
        record.startedAt = nil
        record.endedAt = nil
    }

    /// Rows that were cleared, as they are now.
    package func current(_ rows: [InstanceRecord]) -> [InstanceRecord] {
        let places = places
        return rows.map { row in
            let place = graph.index[row.taskID].flatMap { places[InstanceKey(task: $0, mapIndex: row.mapIndex)] }
            if let place { return instances[place] }
            var row = row
            row.state = .none
            row.reset()
            return row
        }
    }

    /// One row stands for the instances of a mapped task until it is known how many there will be.
    private mutating func collapse(_ taskID: String) {
        let rows = instances.filter { $0.taskID == taskID }
        guard var placeholder = rows.max(by: { $0.tryNumber < $1.tryNumber }) else { return }
        placeholder.mapIndex = -1
        placeholder.state = .none
        placeholder.reset()
        instances.removeAll { $0.taskID == taskID }
        instances.append(placeholder)
    }
}

extension StoredRun {
    /// Gives instances a state; then clears what failed downstream of them, so that it goes on from there.
    ///
    /// Source: Airflow 3.3.2, `serialization/definitions/dag.py`, `set_task_instance_state`.
    ///
    /// - Returns: The rows that changed, as they are now.
    package mutating func mark(_ keys: [InstanceKey], as state: TaskState, now: Instant) -> [InstanceRecord] {
        let changes = plan.marking(keys, as: state)
        end(changes, reason: "marked as \(state.rawValue) by a person", now: now)
        guard !changes.isEmpty else { return [] }
        var downstream = InstanceSelection(tasks: Set(keys.map(\.task)).sorted().map { .init(graph.tasks[$0].id) })
        downstream.includeDownstream = true
        downstream.onlyFailed = true
        let marked = Set(keys)
        let failed = plan.instances(chosenBy: downstream).filter { key in
            !marked.contains(key) && !marked.contains { $0.task == key.task }
        }
        _ = clear(failed, now: now)
        return rows(changes)
    }

    /// Ends the run: what runs ends with it, what has not begun is skipped, and teardowns are left to run; the run has ended when none is left.
    package mutating func mark(_ state: DAGRunState, reason: String, now: Instant) {
        let hasBegun = !instances.isEmpty
        if !hasBegun { instances = graph.tasks.map { InstanceRecord(run: record.id, $0) } }
        var plan = plan
        // Where nothing has begun, there is nothing to tear down.
        let changes = hasBegun ? plan.mark(state) : plan.skipAll()
        end(changes.map { withAttempt($0, state) }, reason: reason, now: now)
        guard !instances.contains(where: { !$0.state.isFinished }) else { return record.endsAs = state }
        guard record.state == state || record.state.mayBecome(state, by: .person) else { return }
        record.state = state
        record.endedAt = now
    }

    /// A row says `queued` until an attempt has run for a moment: what a worker has does not count as not begun.
    private func withAttempt(_ change: InstanceChange, _ state: DAGRunState) -> InstanceChange {
        guard change.from == .queued, change.state == .skipped else { return change }
        return InstanceChange(key: change.key, from: change.from, state: state == .success ? .success : .failed)
    }

    private mutating func end(_ changes: [InstanceChange], reason: String, now: Instant) {
        change(changes) { row, _ in
            row.attempt = nil
            row.token = nil
            row.retryAt = nil
            row.wait = row.wait?.record
            // What has ended is called otherwise now; it took no longer for that.
            row.endedAt = row.endedAt ?? now
            row.reason = reason
        }
    }
}

extension InstanceRecord {
    /// Forgets everything about earlier tries but their number.
    fileprivate mutating func reset() {
        (attempt, token, worker, pid) = (nil, nil, nil, nil)
        (queuedAt, startedAt, endedAt, retryAt) = (nil, nil, nil, nil)
        (reason, listLength, steering, mapIndexName, wait) = (nil, nil, nil, nil, nil)
    }

    /// The instance of a task that nothing has happened to.
    init(run: Int64, _ task: TaskDocument) {
        self.init(
            run: run, taskID: task.id, mapIndex: -1, state: .none, tryNumber: 0, maxTries: task.retries, losses: 0,
            attempt: nil,
            token: nil, worker: nil, pid: nil, queuedAt: nil, startedAt: nil, endedAt: nil, retryAt: nil, reason: nil,
            listLength: nil, steering: nil)
    }
}

extension StoredRun {
    /// What instances wait for has come: they are ready to go on. The scheduler, which is told of the change, starts them.
    ///
    /// - Parameter cause: What ends a wait; nil for one that goes on.
    /// - Returns: The rows that go on, as they are now.
    package mutating func wake(_ cause: (InstanceRecord, TaskWait) -> WakeCause?) -> [InstanceRecord] {
        var woken: [InstanceRecord] = []
        for place in instances.indices {
            let row = instances[place]
            guard row.state.isSuspended, row.state.mayBecome(.scheduled, by: .scheduler), let wait = row.wait,
                wait.cause == nil, let cause = cause(row, wait)
            else { continue }
            instances[place].wait?.cause = cause
            instances[place].state = .scheduled
            instances[place].reason = nil
            woken.append(instances[place])
        }
        return woken
    }
}
