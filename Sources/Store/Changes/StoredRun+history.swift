package import DAGModel

extension StoredRun {
    /// The run as it was at a moment, from its rows and from the attempts that have ended.
    ///
    /// Exact for everything that ran. An instance that ended without an attempt (skipped, upstream failed) and was cleared since counts as
    /// not decided until its present end.
    ///
    /// - Parameter attempts: All ended attempts of the run.
    package func at(_ moment: Instant, attempts: [AttemptRecord]) -> StoredRun {
        let ended = Dictionary(grouping: attempts) { Place(taskID: $0.taskID, mapIndex: $0.mapIndex) }
        var past = self
        past.record.state = record.state(at: moment)
        past.instances = instances.map { row in
            row.at(moment, ended[Place(taskID: row.taskID, mapIndex: row.mapIndex)] ?? [])
        }
        return past
    }

    private struct Place: Hashable {
        let taskID: String
        let mapIndex: Int
    }
}

extension RunRecord {
    fileprivate func state(at moment: Instant) -> DAGRunState {
        if state.isFinished, let endedAt, endedAt <= moment { return state }
        return startedAt.map { $0 <= moment } == true ? .running : .queued
    }
}

extension InstanceRecord {
    fileprivate func at(_ moment: Instant, _ attempts: [AttemptRecord]) -> InstanceRecord {
        if state.isFinished, let endedAt, endedAt <= moment { return self }
        var past = self
        (past.listLength, past.steering, past.reason) = (nil, nil, nil)
        (past.attempt, past.retryAt, past.endedAt) = (nil, nil, nil)
        if attempt != nil, let queuedAt, queuedAt <= moment {
            past.state = startedAt.map { $0 <= moment } == true ? .running : .queued
        } else if let now = attempts.first(where: { $0.isUnderWay(at: moment) }) {
            past.state = now.startedAt.map { $0 <= moment } == true ? .running : .queued
            (past.tryNumber, past.worker, past.queuedAt, past.startedAt) = (
                now.tryNumber, now.worker, now.queuedAt, now.startedAt
            )
        } else if let last = attempts.filter({ $0.endedAt <= moment }).max(by: { $0.endedAt < $1.endedAt }) {
            // Nothing has ended the instance by then, so what failed was to be tried again.
            past.state = last.state == .failed ? .upForRetry : last.state
            (past.tryNumber, past.worker, past.reason) = (last.tryNumber, last.worker, last.reason)
        } else {
            past.state = .none
            (past.tryNumber, past.queuedAt, past.startedAt) = (0, nil, nil)
        }
        return past
    }
}

extension AttemptRecord {
    fileprivate func isUnderWay(at moment: Instant) -> Bool {
        guard let begun = queuedAt ?? startedAt else { return false }
        return begun <= moment && moment < endedAt
    }
}
