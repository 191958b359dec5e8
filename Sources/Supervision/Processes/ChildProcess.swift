internal import CPosix
internal import CUV
internal import Glibc

/// A running child process, watched by its pidfd: no SIGCHLD, no confusion by reused process ids.
///
/// Confined to its loop. Letting go of the object does not end the process.
package final class ChildProcess: @unchecked Sendable {
    // @unchecked: confined to the loop, which every entry point checks.

    /// The process id, and the id of its group when the launch says so.
    package let id: Int32
    /// The end of the process, once it is known.
    package private(set) var exit: ProcessExit?

    private let loop: EventLoop
    private let launch: ProgramLaunch
    private let pidfd: OwnedDescriptor
    private var watcher: DescriptorWatcher?
    private var waiting: [(ProcessExit) -> Void] = []

    /// Starts the program. Throws a `SystemError` when it cannot be started; a program that started and failed at once
    /// is an exit.
    package init(_ launch: ProgramLaunch, on loop: EventLoop) throws {
        loop.preconditionOnLoop()
        self.loop = loop
        self.launch = launch
        id = try launch.spawn()
        let descriptor = cposix_pidfd_open(id)
        pidfd = OwnedDescriptor(owning: descriptor)
        do {
            if descriptor < 0 { throw SystemError("watch the process of \(launch.executable)", code: -descriptor) }
            try watch()
        } catch {
            // Out of descriptors: a process that nobody watches must not go on.
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
            throw error
        }
    }

    private func watch() throws {
        let watcher = try DescriptorWatcher(pidfd.number, on: loop) { [self] _ in reap() }
        self.watcher = watcher
        try watcher.wait(for: .readable)
    }

    /// Calls the closure on the loop when the process has ended; soon, if it has already.
    package func onExit(_ closure: @escaping (ProcessExit) -> Void) {
        loop.preconditionOnLoop()
        if let exit { loop.atEndOfTurn { closure(exit) } } else { waiting.append(closure) }
    }

    /// Waits for the end of the process. Cancelling the task does not end the wait: signal the process.
    package func waitForExit() async -> ProcessExit {
        await withCheckedContinuation { continuation in
            loop.performNow { [self] in onExit { continuation.resume(returning: $0) } }
        }
    }

    /// Sends a signal to the process. Returns false when the process has ended.
    @discardableResult
    package func signal(_ signal: CInt) -> Bool {
        loop.preconditionOnLoop()
        return exit == nil && kill(id, signal) == 0
    }

    /// Sends a signal to the whole process group. Returns false when the process has ended; its id may then belong to
    /// somebody else.
    @discardableResult
    package func signalGroup(_ signal: CInt) -> Bool {
        loop.preconditionOnLoop()
        guard exit == nil else { return false }
        return kill(launch.ownsProcessGroup ? -id : id, signal) == 0
    }

    private func reap() {
        // The dead process still holds its id here, so the group's id cannot be anybody else's.
        if launch.killsGroupAtExit, launch.ownsProcessGroup { kill(-id, SIGKILL) }
        var result = cposix_exit()
        guard cposix_reap(pidfd.number, &result) != 0 else { return }
        watcher?.cancel()
        watcher = nil
        let exit = ProcessExit(result)
        self.exit = exit
        let waiting = waiting
        self.waiting = []
        for closure in waiting { closure(exit) }
    }
}
