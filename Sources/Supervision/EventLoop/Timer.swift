internal import CUV

/// A timer of a loop; made by `EventLoop.schedule`. The loop keeps it alive until it has fired or was cancelled.
package final class Timer: LoopHandle, @unchecked Sendable {
    private var fire: (() -> Void)?

    fileprivate init(on loop: EventLoop, after delay: Duration, every period: Duration?, fire: @escaping () -> Void)
        throws
    {
        self.fire = fire
        super.init(on: loop)
        try open(uv_timer_t.self, "start a timer") { uv_timer_init(loop.uv, $0) }
        guard let timer = pointer(uv_timer_t.self) else { return }
        let interval = max(1, period.map { $0.roundedUpMilliseconds } ?? 1)
        let start: uv_timer_cb = { Timer.owner($0)?.fired() }
        try SystemError.check(
            uv: uv_timer_start(timer, start, Self.timeout(delay, on: loop), period == nil ? 0 : interval),
            "start a timer")
    }

    /// Ends the timer; it will not fire any more. May be called again, also from within the timer.
    package func cancel() { closeHandle() }

    override func handleClosed() { fire = nil }

    private func fired() {
        let fire = fire
        if let timer = pointer(uv_timer_t.self), uv_timer_get_repeat(timer) == 0 { closeHandle() }
        fire?()
    }

    /// libuv counts whole milliseconds from its own idea of now: this is the first of them that is not too early.
    private static func timeout(_ delay: Duration, on loop: EventLoop) -> UInt64 {
        uv_update_time(loop.uv)
        let due = uv_hrtime() + delay.wholeNanoseconds
        let dueMilliseconds = (due + 999_999) / 1_000_000
        let now = uv_now(loop.uv)
        return dueMilliseconds > now ? dueMilliseconds - now : 0
    }
}

extension EventLoop {
    /// Calls the closure once, on the loop, when the delay has passed on the monotonic clock; never earlier, and about
    /// a millisecond later at most while the loop is idle.
    ///
    /// Also works as a repeating timer with `every`, the time from one call to the next; calls that were missed while
    /// the loop was busy are not made up for.
    @discardableResult
    package func schedule(
        after delay: Duration, every period: Duration? = nil, _ fire: @escaping () -> Void
    ) -> Timer {
        do { return try Timer(on: self, after: delay, every: period, fire: fire) } catch {
            preconditionFailure("libuv refused a timer, which happens only for wrong arguments: \(error)")
        }
    }
}

extension Duration {
    /// The duration in whole nanoseconds, rounded up; 0 when negative, and at most some 292 years.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 9_000_000_000 else { return 9_000_000_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64((attoseconds + 999_999_999) / 1_000_000_000)
    }

    var roundedUpMilliseconds: UInt64 { (wholeNanoseconds + 999_999) / 1_000_000 }
}
