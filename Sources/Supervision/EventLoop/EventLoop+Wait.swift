internal import Glibc

extension EventLoop {
    /// Waits until a descriptor is ready, which nobody else may watch meanwhile.
    ///
    /// Throws a `SystemError` with ETIMEDOUT after the timeout, and `CancellationError` when the task is cancelled.
    package func wait(
        for readiness: DescriptorWatcher.Readiness, of descriptor: CInt, timeout: Duration, _ purpose: String
    ) async throws {
        let wait = ReadinessWait(on: self)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                performNow {
                    wait.start(readiness, descriptor, timeout, SystemError(purpose, code: ETIMEDOUT), continuation)
                }
            }
        } onCancel: {
            perform { wait.finish(.failure(CancellationError())) }
        }
    }
}

private final class ReadinessWait: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private let loop: EventLoop
    private var continuation: CheckedContinuation<Void, any Error>?
    private var watcher: DescriptorWatcher?
    private var timer: Timer?
    private var early: Result<Void, any Error>?

    init(on loop: EventLoop) { self.loop = loop }

    func start(
        _ readiness: DescriptorWatcher.Readiness, _ descriptor: CInt, _ timeout: Duration, _ late: SystemError,
        _ continuation: CheckedContinuation<Void, any Error>
    ) {
        if let early { return continuation.resume(with: early) }
        self.continuation = continuation
        timer = loop.schedule(after: timeout) { [self] in finish(.failure(late)) }
        do {
            let watcher = try DescriptorWatcher(descriptor, on: loop) { [self] _ in finish(.success(())) }
            self.watcher = watcher
            try watcher.wait(for: readiness)
        } catch {
            finish(.failure(error))
        }
    }

    func finish(_ result: Result<Void, any Error>) {
        timer?.cancel()
        watcher?.cancel()
        (timer, watcher) = (nil, nil)
        early = early ?? result
        continuation.take()?.resume(with: result)
    }
}
