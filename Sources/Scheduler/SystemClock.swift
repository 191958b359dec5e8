package import DAGModel
internal import Glibc

/// Reads the system's clocks; tests put another closure in its place.
package struct SystemClock: Sendable {
    package var now: @Sendable () -> Moment

    package init(now: @escaping @Sendable () -> Moment) { self.now = now }

    package static let system = SystemClock {
        Moment(
            wall: Instant(microseconds: microseconds(CLOCK_REALTIME)), monotonic: microseconds(CLOCK_MONOTONIC))
    }
}

private func microseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
