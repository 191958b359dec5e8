package import DAGModel
package import Store
package import WorkerProtocol

/// One call of a callback that a worker makes or is told to make.
package struct Delivery: Sendable {
    /// The row of the outbox.
    let callback: Int64
    /// This call, from 1.
    let call: Int
    let event: CallbackEvent
    let version: PinnedVersion

    /// What the callback may ask for: as its task, or as every task of the DAG.
    var work: TaskWork {
        let task = event.taskID.flatMap { version.graph.index[$0] }
        return task.map { version.work[$0] }
            ?? TaskWork(TaskDocument(id: ""), dag: version.record.document, isMappedOver: false)
    }
}

/// How callbacks are called.
package struct CallbackRules: Sendable {
    /// How often in all, before a callback is given up.
    package var calls = 5
    /// From a failed call to the next; three times longer after each further one.
    package var pause: Duration = .seconds(10)
    /// How long one call may take.
    package var timeout: Duration = .seconds(300)
    /// Calls at once on one worker, beside its tasks.
    package var perWorker = 4

    package init() {}

    /// What becomes of a callback after a call.
    package func end(after outcome: AttemptOutcome, call: Int, now: Instant) -> CallbackEnd {
        switch outcome {
        case .success, .kept, .skipped: return .success
        case .suspended: return .failed(error: "a callback cannot wait: have a task do what takes long")
        case .failed(let failure):
            guard failure.cause != .final else { return .failed(error: failure.message) }
            guard call < calls else {
                return .failed(error: "\(failure.message); given up after \(calls) calls")
            }
            return .again(at: now + pause(after: call), error: failure.message)
        }
    }

    private func pause(after call: Int) -> Duration { (1..<max(1, call)).reduce(pause) { pause, _ in pause * 3 } }
}
