internal import CPosix
internal import Glibc

/// A listening socket that hands out a `FrameConnection` for each peer. Confined to its loop.
package final class FrameListener: @unchecked Sendable {
    // @unchecked: confined to the loop, which every entry point checks.

    /// Where the listener can be reached: the endpoint asked for, with the port that the system chose.
    package let endpoint: SocketEndpoint

    private let loop: EventLoop
    private let socket: OwnedDescriptor
    private let maximumFrame: Int
    private let accepted: (FrameConnection) -> Void
    private var watcher: DescriptorWatcher?

    /// Begins to listen; to be called from an actor on the loop. `accepted` must call `start` on the connection it is
    /// given, or let go of it.
    ///
    /// A Unix socket has the mode 0600; one that an earlier process left behind is replaced, one that is in use is an
    /// error.
    package static func listen(
        on endpoint: SocketEndpoint, maximumFrame: Int = FrameConnection.usualMaximumFrame, loop: EventLoop,
        accepted: @escaping (FrameConnection) -> Void
    ) async throws -> FrameListener {
        loop.preconditionOnLoop()
        guard let address = try await loop.resolve(endpoint).first else {
            throw SystemError("listen on \(endpoint)", code: EADDRNOTAVAIL)
        }
        return try FrameListener(endpoint, address, maximumFrame, loop, accepted)
    }

    private init(
        _ endpoint: SocketEndpoint, _ address: RawAddress, _ maximumFrame: Int, _ loop: EventLoop,
        _ accepted: @escaping (FrameConnection) -> Void
    ) throws {
        self.loop = loop
        self.maximumFrame = maximumFrame
        self.accepted = accepted
        socket = try Self.bind(address, endpoint)
        guard Glibc.listen(socket.number, 1_024) == 0 else { throw SystemError("listen on \(endpoint)") }
        self.endpoint = Self.actual(endpoint, socket.number)
        let watcher = try DescriptorWatcher(socket.number, on: loop) { [self] _ in acceptAll() }
        self.watcher = watcher
        try watcher.wait(for: .readable)
    }

    /// Stops listening; connections go on. May be called again.
    package func close() {
        loop.preconditionOnLoop()
        guard let watcher = watcher.take() else { return }
        watcher.cancel()
        socket.close()
        if case .unix(let path) = endpoint { unlink(path) }
    }

    private func acceptAll() {
        while watcher != nil {
            let number = cposix_accept(socket.number)
            guard number >= 0 else { return acceptFailed(-number) }
            accepted(FrameConnection(adopting: OwnedDescriptor(owning: number), maximumFrame: maximumFrame, on: loop))
        }
    }

    /// Without free descriptors the peer would wait in the queue and wake us for ever: rest a moment instead.
    private func acceptFailed(_ code: CInt) {
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else { return }
        try? watcher?.wait(for: [])
        loop.schedule(after: .milliseconds(100)) { [self] in try? watcher?.wait(for: .readable) }
    }

    private static func bind(_ address: RawAddress, _ endpoint: SocketEndpoint) throws -> OwnedDescriptor {
        let socket = try StreamSocket.make(family: address.family)
        let bound: () -> Bool = { address.withPointer { Glibc.bind(socket.number, $0, $1) } == 0 }
        guard case .unix(let path) = endpoint else {
            StreamSocket.set(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
            guard bound() else { throw SystemError("listen on \(endpoint)") }
            return socket
        }
        let inUse = SystemError("listen on \(endpoint)", code: EADDRINUSE)
        if !bound() {
            guard errno == EADDRINUSE else { throw SystemError("listen on \(endpoint)") }
            guard try isAbandoned(address) else { throw inUse }
            unlink(path)
            guard bound() else { throw SystemError("listen on \(endpoint)") }
        }
        chmod(path, 0o600)
        return socket
    }

    private static func isAbandoned(_ address: RawAddress) throws -> Bool {
        let probe = try StreamSocket.make(family: AF_UNIX)
        return address.withPointer { Glibc.connect(probe.number, $0, $1) } != 0 && errno == ECONNREFUSED
    }

    private static func actual(_ endpoint: SocketEndpoint, _ socket: CInt) -> SocketEndpoint {
        guard case .tcp(let host, 0) = endpoint, let port = StreamSocket.localPort(of: socket) else { return endpoint }
        return .tcp(host: host, port: port)
    }
}
