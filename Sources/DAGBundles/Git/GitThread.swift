internal import CPosix
internal import Glibc
internal import Synchronization

/// A thread that runs one actor: libgit2 blocks while it talks to a remote, and must block nobody else.
package final class GitThread: SerialExecutor {
    private let queue: Queue

    package init(name: String) {
        let queue = Queue()
        self.queue = queue
        queue.start(named: name)
    }

    deinit { queue.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), runningOn: asUnownedSerialExecutor())
    }
}

extension GitThread {
    /// What the thread and its owner share. `@unchecked Sendable`: all is read and written under `mutex` only,
    /// except `name`, which is set before the thread begins.
    private final class Queue: @unchecked Sendable {
        private var jobs: [(UnownedJob, UnownedSerialExecutor)] = []
        private var isClosed = false
        private var name = ""
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(changed, nil)
        }

        deinit {
            pthread_cond_destroy(changed)
            pthread_mutex_destroy(mutex)
            changed.deallocate()
            mutex.deallocate()
        }

        func start(named name: String) {
            var thread = pthread_t()
            self.name = name
            let context = Unmanaged.passRetained(self)
            let failure = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Queue>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context.toOpaque())
            precondition(failure == 0, "no thread for git: \(String(cString: strerror(failure)))")
            pthread_detach(thread)
        }

        func append(_ job: UnownedJob, runningOn executor: UnownedSerialExecutor) {
            pthread_mutex_lock(mutex)
            jobs.append((job, executor))
            pthread_cond_signal(changed)
            pthread_mutex_unlock(mutex)
        }

        func close() {
            pthread_mutex_lock(mutex)
            isClosed = true
            pthread_cond_signal(changed)
            pthread_mutex_unlock(mutex)
        }

        private func run() {
            cposix_name_thread(name)
            while let (job, executor) = next() { job.runSynchronously(on: executor) }
        }

        private func next() -> (UnownedJob, UnownedSerialExecutor)? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while jobs.isEmpty, !isClosed { pthread_cond_wait(changed, mutex) }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }
}
