internal import Glibc
internal import Synchronization

/// Runs a task on the calling thread, and whatever that task starts without an executor of its own. While there is nothing to run
/// it also serves Dispatch's main queue, so that code of the main actor works without `dispatchMain()`.
///
/// It uses Dispatch only when it has to wait: a body that never suspends costs no thread.
final class MainThreadExecutor: TaskExecutor, @unchecked Sendable {
    // @unchecked: `queue` is a mutex; `event` is set once, before the first wait.

    private struct Queue {
        var jobs: [UnownedJob] = []
        var isWaiting = false
        var isFinished = false
    }

    private let queue = Mutex(Queue())
    private let event = Atomic<CInt>(-1)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustWake = queue.withLock { queue in
            queue.jobs.append(job)
            return queue.isWaiting
        }
        if mustWake { cposix_event_set(event.load(ordering: .relaxed)) }
    }

    /// Runs `body` to its end. SIGTERM cancels it, once ``catchStop()`` was called.
    func run(_ body: @escaping @Sendable () async -> Void) {
        let task = Task(executorPreference: self) {
            await body()
            self.queue.withLock { $0.isFinished = true }
        }
        while true {
            let (jobs, isFinished) = queue.withLock { queue in
                defer { queue.jobs.removeAll(keepingCapacity: true) }
                queue.isWaiting = queue.jobs.isEmpty && event.load(ordering: .relaxed) >= 0
                return (queue.jobs, queue.isFinished)
            }
            if isFinished { return }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if cposix_stop_requested() { task.cancel() }
            if jobs.isEmpty { wait() }
        }
    }

    /// From now on SIGTERM cancels the task instead of ending the process.
    func catchStop() {
        prepareEvent()
        cposix_catch_stop(event.load(ordering: .relaxed))
    }

    private func prepareEvent() {
        if event.load(ordering: .relaxed) < 0 { event.store(cposix_eventfd(), ordering: .relaxed) }
    }

    private func wait() {
        let event = event.load(ordering: .relaxed)
        guard event >= 0 else { return prepareEvent() }
        let mainQueue = cposix_main_queue_event()
        var entries = [event, mainQueue].map { pollfd(fd: $0, events: CShort(POLLIN), revents: 0) }
        // SIGTERM may interrupt: its handler has set the event.
        _ = poll(&entries, 2, -1)
        if entries[0].revents != 0 { cposix_event_clear(event) }
        if entries[1].revents != 0 {
            cposix_event_clear(mainQueue)
            cposix_main_queue_drain()
        }
    }
}
