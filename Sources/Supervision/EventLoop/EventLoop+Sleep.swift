extension EventLoop {
    /// Waits on the monotonic clock. Throws `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper(on: self)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                performNow { sleeper.start(duration, continuation) }
            }
        } onCancel: {
            perform { sleeper.cancel() }
        }
    }
}

private final class Sleeper: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private let loop: EventLoop
    private var continuation: CheckedContinuation<Void, any Error>?
    private var timer: Timer?
    private var isCancelled = false

    init(on loop: EventLoop) { self.loop = loop }

    func start(_ duration: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        guard !isCancelled else { return continuation.resume(throwing: CancellationError()) }
        self.continuation = continuation
        timer = loop.schedule(after: duration) { [self] in finish(.success(())) }
    }

    func cancel() {
        isCancelled = true
        timer?.cancel()
        finish(.failure(CancellationError()))
    }

    private func finish(_ result: Result<Void, any Error>) {
        continuation.take()?.resume(with: result)
        timer = nil
    }
}
