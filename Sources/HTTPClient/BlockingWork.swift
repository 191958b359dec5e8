internal import Dispatch

/// Runs calls that may block (files, digests of large data) on threads of their own, never on a loop or the cooperative pool.
package enum BlockingWork {
    private static let queue = DispatchQueue(label: "slipstream.files", attributes: .concurrent)

    package static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}
