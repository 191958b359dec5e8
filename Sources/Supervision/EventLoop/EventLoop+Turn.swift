internal import CUV
internal import Synchronization

/// One round of the loop: libuv's callbacks, then the jobs they made, then what waits for the end of the turn.
struct Turn {
    var ready: [Work] = []
    var atEnd: [() -> Void] = []

    var isEmpty: Bool { ready.isEmpty && atEnd.isEmpty }
}

extension EventLoop {
    /// Runs the closure when all jobs of this turn have run, before the loop polls again: the place to flush what was
    /// gathered meanwhile.
    package func atEndOfTurn(_ closure: @escaping () -> Void) {
        preconditionOnLoop()
        turn.atEnd.append(closure)
    }

    /// Runs jobs until none is left, but not so many that sockets and timers starve.
    func runTurn() {
        var budget = 4_096
        while budget > 0 {
            takeInbox()
            if turn.isEmpty { break }
            budget -= turn.ready.isEmpty ? runEndOfTurn() : runReady()
        }
        keepAwake(!turn.isEmpty)
        if inbox.withLock({ $0.isStopping }) { uv_stop(uv) }
    }

    private func takeInbox() {
        inbox.withLock { inbox in
            inbox.isWakeSent = false
            guard !inbox.work.isEmpty else { return }
            if turn.ready.isEmpty {
                swap(&turn.ready, &inbox.work)
            } else {
                turn.ready += inbox.work
                inbox.work.removeAll(keepingCapacity: true)
            }
        }
    }

    private func runReady() -> Int {
        var batch: [Work] = []
        swap(&batch, &turn.ready)
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .closure(let closure): closure()
            }
        }
        return batch.count
    }

    private func runEndOfTurn() -> Int {
        var batch: [() -> Void] = []
        swap(&batch, &turn.atEnd)
        for closure in batch { closure() }
        return batch.count
    }
}
