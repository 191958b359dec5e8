internal import CUV

/// Tells when a file descriptor can be read or written.
///
/// A descriptor can have one watcher at a time. The watcher must be cancelled before its descriptor is closed; it makes
/// the descriptor non-blocking and does not own it.
package final class DescriptorWatcher: LoopHandle, @unchecked Sendable {
    /// What to wait for, and what came.
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }

        /// Bytes, a connection, an end, or an error waits to be read.
        package static let readable = Readiness(rawValue: CInt(UV_READABLE.rawValue))
        package static let writable = Readiness(rawValue: CInt(UV_WRITABLE.rawValue))
    }

    /// What is waited for.
    package private(set) var interest: Readiness = []

    private let descriptor: CInt
    private var ready: ((Readiness) -> Void)?

    /// Watches a descriptor; nothing is reported until `wait(for:)`. An error on the descriptor is reported as both
    /// readable and writable: the next call on it tells which.
    package init(_ descriptor: CInt, on loop: EventLoop, ready: @escaping (Readiness) -> Void) throws {
        self.descriptor = descriptor
        self.ready = ready
        super.init(on: loop)
        try open(uv_poll_t.self, "watch the file descriptor \(descriptor)") {
            uv_poll_init(loop.uv, $0, descriptor)
        }
    }

    /// Changes what is waited for. The closure is called as long as the condition holds (level-triggered).
    package func wait(for interest: Readiness) throws {
        guard interest != self.interest, let poll = pointer(uv_poll_t.self) else { return }
        loop.preconditionOnLoop()
        let status = uv_poll_start(poll, interest.rawValue) { handle, status, events in
            guard let watcher = DescriptorWatcher.owner(handle) else { return }
            watcher.ready?(status < 0 ? [.readable, .writable] : Readiness(rawValue: events))
        }
        try SystemError.check(uv: status, "watch the file descriptor \(descriptor)")
        self.interest = interest
    }

    /// Ends the watch. May be called again, also from within the closure.
    package func cancel() { closeHandle() }

    override func handleClosed() { ready = nil }
}
