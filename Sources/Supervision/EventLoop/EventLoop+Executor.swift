internal import Glibc
internal import Synchronization

/// What waits to run on the loop.
enum Work: Sendable {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
}

/// What other threads hand to the loop.
struct Inbox {
    var work: [Work] = []
    var isWakeSent = false
    var isStopping = false
    var isClosed = false
}

extension EventLoop {
    /// For actors on the loop, and for tasks that prefer it. The Swift runtime resumes continuations on the global executor, unless the
    /// task prefers another: a task that waits often for what happens on the loop should prefer the loop.
    package func enqueue(_ job: consuming ExecutorJob) { submit(.job(UnownedJob(job))) }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { preconditionOnLoop() }

    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Runs the closure on the loop, soon and never before this call returns. May be called from any thread.
    package func perform(_ closure: @escaping @Sendable () -> Void) { submit(.closure(closure)) }

    /// Runs the closure on the loop: at once when already there.
    package func performNow(_ closure: @escaping @Sendable () -> Void) {
        if isOnLoop { closure() } else { perform(closure) }
    }

    /// Runs the closure on the loop and returns its result.
    package func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let outcome: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
            performNow { continuation.resume(returning: Swift.Result(catching: body)) }
        }
        return try outcome.get()
    }

    private func submit(_ work: Work) {
        if isOnLoop { return turn.ready.append(work) }
        let mustWake = inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.work.append(work)
            guard !inbox.isWakeSent else { return false }
            inbox.isWakeSent = true
            waking.add(1, ordering: .relaxed)
            return true
        }
        if mustWake { wake() }
    }
}
