public import DAGModel
internal import FoundationEssentials

/// The clock that tasks live by. Tests of DAGs put one in its place that nobody waits for.
package struct TaskClock: Sendable {
    package let now: @Sendable () -> Instant
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    @TaskLocal package static var current = TaskClock(
        now: { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
        sleep: { try await Task.sleep(for: $0) })
}

extension Instant {
    package static var current: Instant { TaskClock.current.now() }
}

extension TaskContext {
    /// The time now; in a test of the DAG that of the test's clock.
    public var now: Instant { .current }
}
