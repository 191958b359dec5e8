internal import CPosix
internal import CUV
internal import Glibc
internal import Synchronization

/// A libuv loop on a thread of its own that is also an executor, so that actors can live on it.
///
/// An actor pins itself to a loop with
/// ```swift
/// nonisolated let loop: EventLoop
/// nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
/// ```
/// Timers, watchers, processes and sockets call back on the loop's thread. Their closures are not `Sendable`: they are
/// made on the loop and called on the loop, so a closure made in a method of such an actor uses its state directly.
/// Actors on the same loop call each other without leaving the thread. Nothing on a loop may block.
///
/// A process that has a loop ignores SIGPIPE.
///
/// - Warning: Jobs that reach a loop after it was stopped are never run.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // @unchecked: `inbox` and `thread` are mutexes; `turn`, `core` and `uv` are touched on the loop's thread only,
    // except for `uv_async_send`, which `waking` keeps from racing with the end of the loop.

    /// The name of the loop and (its first 15 bytes) of its thread.
    package let name: String

    let uv: UnsafeMutablePointer<uv_loop_t>
    let inbox = Mutex(Inbox())
    let waking = Atomic<Int>(0)
    var turn = Turn()
    private let core: CoreHandles
    private let threadID = Atomic<UInt>(0)
    private let thread = Mutex<pthread_t?>(nil)

    /// Starts a loop on a new thread.
    package convenience init(name: String) throws {
        try self.init(ownedByCaller: name)
        try startThread()
    }

    /// A loop of the calling thread, for single-threaded processes: set things up, then call `run()`.
    package static func onCurrentThread(name: String) throws -> EventLoop {
        try EventLoop(ownedByCaller: name)
    }

    private init(ownedByCaller name: String) throws {
        self.name = name
        signal(SIGPIPE, SIG_IGN)
        uv = .allocate(capacity: 1)
        core = CoreHandles()
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        try SystemError.check(uv: uv_loop_init(uv), "start the event loop \(name)")
        try core.open(on: self)
    }

    /// Whether the caller runs on the loop's thread.
    package var isOnLoop: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Traps when the caller is not on the loop's thread.
    package func preconditionOnLoop(_ function: StaticString = #function) {
        precondition(isOnLoop, "\(function) was called outside the thread of its event loop")
    }

    /// Runs the loop on the calling thread, which made it, until `stop()`; then everything on it is closed.
    package func run() {
        preconditionOnLoop()
        while !inbox.withLock({ $0.isStopping }) { uv_run(uv, UV_RUN_DEFAULT) }
        close()
    }

    /// Makes `run()` return after the work that is already queued. May be called from any thread, any number of times.
    package func stop() {
        let mayWake = inbox.withLock { inbox in
            inbox.isStopping = true
            if !inbox.isClosed { waking.add(1, ordering: .relaxed) }
            return !inbox.isClosed
        }
        if mayWake { wake() }
    }

    /// Stops a loop that has a thread of its own and waits until the thread has ended.
    package func shutdown() {
        stop()
        guard let thread = thread.withLock({ $0.take() }) else { return }
        precondition(!isOnLoop, "shutdown() was called on the loop's own thread; use stop() there")
        pthread_join(thread, nil)
    }

    /// Wakes the poll. The caller has raised `waking` while the loop was not closed.
    func wake() {
        uv_async_send(core.async)
        waking.subtract(1, ordering: .releasing)
    }

    /// Lets the next poll return at once, or wait again.
    func keepAwake(_ awake: Bool) { core.keepAwake(awake) }

    private func startThread() throws {
        let context = Unmanaged.passRetained(self)
        var created = pthread_t()
        let status = pthread_create(
            &created, nil,
            { raw in
                guard let raw else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(raw).takeRetainedValue()
                loop.threadID.store(UInt(pthread_self()), ordering: .relaxed)
                cposix_name_thread(loop.name)
                loop.run()
                // A later thread may get the same id.
                loop.threadID.store(0, ordering: .relaxed)
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw SystemError("start the thread of the event loop \(name)", code: status)
        }
        threadID.store(UInt(created), ordering: .relaxed)
        thread.withLock { $0 = created }
    }

    private func close() {
        runTurn()
        inbox.withLock { $0.isClosed = true }
        while waking.load(ordering: .acquiring) > 0 { sched_yield() }
        core.close()
        uv_walk(uv, { handle, _ in handle.map(LoopHandle.closeFromWalk) }, nil)
        while uv_run(uv, UV_RUN_DEFAULT) != 0 {}
        runTurn()
        uv_loop_close(uv)
        uv.deallocate()
    }
}
