internal import CUV

/// Calls a closure on the loop whenever the process receives a signal, in place of the signal's usual effect.
package final class SignalWatcher: LoopHandle, @unchecked Sendable {
    private var received: (() -> Void)?

    /// Watches a signal, as `SIGTERM`. Defaults to every time; with `once`, the signal's usual effect comes back after
    /// the first, so that a second Ctrl-C ends a program that is slow to stop.
    package init(_ signal: CInt, once: Bool = false, on loop: EventLoop, received: @escaping () -> Void) throws {
        self.received = received
        super.init(on: loop)
        try open(uv_signal_t.self, "watch the signal \(signal)") { uv_signal_init(loop.uv, $0) }
        guard let handle = pointer(uv_signal_t.self) else { return }
        let report: uv_signal_cb = { handle, _ in SignalWatcher.owner(handle)?.received?() }
        let status =
            once ? uv_signal_start_oneshot(handle, report, signal) : uv_signal_start(handle, report, signal)
        guard status == 0 else {
            closeHandle()
            throw SystemError(uv: status, "watch the signal \(signal)")
        }
    }

    /// Ends the watch. May be called again.
    package func cancel() { closeHandle() }

    override func handleClosed() { received = nil }
}
