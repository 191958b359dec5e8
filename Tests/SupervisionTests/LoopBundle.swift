import Supervision
import Testing

/// A loop of one's own, and a place on it to run a test's body.
actor LoopBundle {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ name: String = "test") throws { loop = try EventLoop(name: name) }

    func onLoop<Result: Sendable>(_ body: (isolated LoopBundle) async throws -> Result) async rethrows -> Result {
        try await body(self)
    }

    /// Runs the body on a loop that is stopped afterwards.
    static func with(_ body: @Sendable (isolated LoopBundle) async throws -> Void) async throws {
        let bundle = try LoopBundle()
        do { try await bundle.onLoop(body) } catch {
            bundle.loop.shutdown()
            throw error
        }
        bundle.loop.shutdown()
    }
}
