internal import Glibc

extension FrameConnection {
    /// Connects to a listener: tries each address of the endpoint in turn. May be called from anywhere.
    ///
    /// Throws a `SystemError` that names the endpoint; ETIMEDOUT after the timeout, which defaults to 10 s.
    package static func connect(
        to endpoint: SocketEndpoint, maximumFrame: Int = usualMaximumFrame, timeout: Duration = .seconds(10),
        on loop: EventLoop
    ) async throws -> FrameConnection {
        let deadline = ContinuousClock.now + timeout
        let purpose = "connect to \(endpoint)"
        var failure = SystemError(purpose, code: EADDRNOTAVAIL)
        for address in try await loop.resolve(endpoint) {
            do {
                let socket = try StreamSocket.make(family: address.family)
                try await connect(socket, to: address, purpose, deadline, on: loop)
                return FrameConnection(adopting: socket, maximumFrame: maximumFrame, on: loop)
            } catch let error as SystemError {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(
        _ socket: OwnedDescriptor, to address: RawAddress, _ purpose: String, _ deadline: ContinuousClock.Instant,
        on loop: EventLoop
    ) async throws {
        if address.withPointer({ Glibc.connect(socket.number, $0, $1) }) == 0 { return }
        guard errno == EINPROGRESS else { throw SystemError(purpose) }
        try await loop.wait(for: .writable, of: socket.number, timeout: deadline - .now, purpose)
        let code = StreamSocket.pendingError(of: socket.number)
        if code != 0 { throw SystemError(purpose, code: code) }
    }
}
