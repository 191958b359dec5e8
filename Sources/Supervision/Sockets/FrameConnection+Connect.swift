internal import CUV
internal import Glibc

extension FrameConnection {
    /// Connects to a listener: tries each address of the endpoint in turn. May be called from anywhere.
    ///
    /// Throws a `SystemError` that names the endpoint; ETIMEDOUT after the timeout, which defaults to 10 s.
    package static func connect(
        to endpoint: SocketEndpoint, maximumFrame: Int = usualMaximumFrame, timeout: Duration = .seconds(10),
        on loop: EventLoop
    ) async throws -> FrameConnection {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var failure = SystemError("connect to \(endpoint)", code: EADDRNOTAVAIL)
        for address in try await loop.resolve(endpoint) {
            do {
                let socket = try StreamSocket.make(family: address.family)
                let attempt = ConnectAttempt(socket, "connect to \(endpoint)", on: loop)
                try await attempt.connect(to: address, timeout: deadline - clock.now)
                return FrameConnection(adopting: socket, maximumFrame: maximumFrame, on: loop)
            } catch let error as SystemError {
                failure = error
            }
        }
        throw failure
    }
}

/// One non-blocking `connect`, with a time limit.
private final class ConnectAttempt: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private let loop: EventLoop
    private let socket: OwnedDescriptor
    private let purpose: String
    private var continuation: CheckedContinuation<Void, any Error>?
    private var watcher: DescriptorWatcher?
    private var timer: Timer?
    private var isCancelled = false

    init(_ socket: OwnedDescriptor, _ purpose: String, on loop: EventLoop) {
        self.socket = socket
        self.purpose = purpose
        self.loop = loop
    }

    func connect(to address: RawAddress, timeout: Duration) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.performNow { [self] in start(address, timeout, continuation) }
            }
        } onCancel: {
            loop.perform { [self] in
                isCancelled = true
                finish(CancellationError())
            }
        }
    }

    private func start(_ address: RawAddress, _ timeout: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        self.continuation = continuation
        if isCancelled { return finish(CancellationError()) }
        let status = address.withPointer { Glibc.connect(socket.number, $0, $1) }
        if status == 0 { return finish(nil) }
        guard errno == EINPROGRESS else { return finish(SystemError(purpose)) }
        timer = loop.schedule(after: timeout) { [self] in finish(SystemError(purpose, code: ETIMEDOUT)) }
        do {
            let watcher = try DescriptorWatcher(socket.number, on: loop) { [self] _ in
                let code = StreamSocket.pendingError(of: socket.number)
                finish(code == 0 ? nil : SystemError(purpose, code: code))
            }
            self.watcher = watcher
            try watcher.wait(for: .writable)
        } catch {
            finish(error)
        }
    }

    private func finish(_ error: (any Error)?) {
        timer?.cancel()
        watcher?.cancel()
        (timer, watcher) = (nil, nil)
        guard let continuation = continuation.take() else { return }
        if let error { continuation.resume(throwing: error) } else { continuation.resume() }
    }
}
