import Glibc
import Supervision
import Testing

@Suite(.timeLimit(.minutes(2)))
struct FrameConnectionTests {
    @Test(arguments: [0, 1, 5, 16_380, 70_000, 3_000_000])
    func `frames arrive whole and in order`(size: Int) async throws {
        try await LoopBundle.with { bundle in
            let (left, right) = try Peer.pair(on: bundle.loop)
            let payloads = (0..<20).map { number in [UInt8](repeating: UInt8(number), count: size) }
            for payload in payloads { try left.connection.send(payload) }
            #expect(await right.frames(20).map(\.bytes) == payloads)
            left.connection.close()
            #expect(await left.closed() == .closedHere)
            #expect(await right.closed() == .closedByPeer)
        }
    }

    @Test func `a listener serves Unix and TCP peers`() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        for endpoint in [SocketEndpoint.unix(path: folder.path + "/s"), .tcp(host: "127.0.0.1", port: 0)] {
            try await LoopBundle.with { bundle in
                let listener = try await FrameListener.listen(on: endpoint, loop: bundle.loop) { connection in
                    Peer.echoing(connection)
                }
                let connection = try await FrameConnection.connect(to: listener.endpoint, on: bundle.loop)
                let client = try Peer(connection)
                try client.connection.send([1, 2, 3])
                #expect(await client.frames(1).map(\.bytes) == [[1, 2, 3]])
                client.connection.close()
                _ = await client.closed()
                listener.close()
            }
        }
    }

    @Test func `an abandoned Unix socket is replaced and one in use is refused`() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let endpoint = SocketEndpoint.unix(path: folder.path + "/s")
        try abandonSocket(at: folder.path + "/s")
        try await LoopBundle.with { bundle in
            let listener = try await FrameListener.listen(on: endpoint, loop: bundle.loop) { _ in }
            let error = await #expect(throws: SystemError.self) {
                try await FrameListener.listen(on: endpoint, loop: bundle.loop) { _ in }
            }
            #expect(error?.code == EADDRINUSE)
            listener.close()
        }
    }

    /// Leaves a socket's file behind, as a process that was killed does.
    private func abandonSocket(at path: String) throws {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(status == 0)
    }

    @Test func `descriptors travel with their frames`() async throws {
        try await LoopBundle.with { bundle in
            let (left, right) = try Peer.pair(on: bundle.loop)
            let pipes = try (0..<3).map { _ in try OwnedDescriptor.pipe() }
            try left.connection.send([0])
            try left.connection.send([1], descriptors: [pipes[0].write])
            try left.connection.send([2])
            try left.connection.send([3], descriptors: [pipes[1].write, pipes[2].write])
            let frames = await right.frames(4)
            #expect(frames.map(\.bytes) == [[0], [1], [2], [3]])
            #expect(frames.map(\.descriptors.count) == [0, 1, 0, 2])
            for (descriptor, letter) in zip(frames.flatMap(\.descriptors), "abc".utf8) {
                #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
                var byte = letter
                #expect(write(descriptor.number, &byte, 1) == 1)
            }
            for (pipe, letter) in zip(pipes, "abc".utf8) {
                var byte: UInt8 = 0
                #expect(read(pipe.read.number, &byte, 1) == 1)
                #expect(byte == letter)
            }
            left.connection.close()
            _ = await right.closed()
        }
    }

    @Test func `a frame longer than allowed ends the connection with a sentence`() async throws {
        try await LoopBundle.with { bundle in
            let (a, b) = try OwnedDescriptor.socketPair()
            let left = try Peer(FrameConnection(adopting: a, on: bundle.loop))
            let right = try Peer(FrameConnection(adopting: b, maximumFrame: 10, on: bundle.loop))
            try left.connection.send([UInt8](repeating: 0, count: 10))
            try left.connection.send([UInt8](repeating: 0, count: 11))
            #expect(await right.frames(1).count == 1)
            #expect(
                await right.closed()
                    == .refused("the peer announced a frame of 11 bytes; at most 10 are accepted"))
            #expect(throws: FrameConnection.CloseReason.self) {
                try right.connection.send([UInt8](repeating: 0, count: 11))
            }
        }
    }

    @Test func `a peer that dies within a frame is told from one that says goodbye`() async throws {
        try await LoopBundle.with { bundle in
            let (a, b) = try OwnedDescriptor.socketPair()
            let peer = try Peer(FrameConnection(adopting: a, on: bundle.loop))
            var bytes: [UInt8] = [9, 0, 0, 0, 1, 2]
            #expect(write(b.number, &bytes, bytes.count) == bytes.count)
            b.close()
            #expect(await peer.closed() == .truncated(missing: "6 bytes had arrived"))
        }
    }

    @Test func `a slow reader makes the sender's buffer grow, and drained tells when it is empty`() async throws {
        try await LoopBundle.with { bundle in
            let (left, right) = try Peer.pair(on: bundle.loop)
            right.connection.pauseReading(true)
            let payload = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<8 { try left.connection.send(payload) }
            await left.nextTurn()
            #expect(left.connection.bufferedBytes > 4 << 20)
            right.connection.pauseReading(false)
            await left.drained()
            #expect(left.connection.bufferedBytes == 0)
            #expect(await right.frames(8).count == 8)
            left.connection.finish()
            #expect(await right.closed() == .closedByPeer)
        }
    }

    @Test func `frames sent before the start are not lost`() async throws {
        try await LoopBundle.with { bundle in
            let (a, b) = try OwnedDescriptor.socketPair()
            let early = FrameConnection(adopting: a, on: bundle.loop)
            try early.send([1])
            let right = try Peer(FrameConnection(adopting: b, on: bundle.loop))
            await right.nextTurn()
            let left = try Peer(early)
            try early.send([2])
            #expect(await right.frames(2).map(\.bytes) == [[1], [2]])
            left.connection.close()
            #expect(await right.closed() == .closedByPeer)
        }
    }

    @Test func `finish sends all that waits before it closes`() async throws {
        try await LoopBundle.with { bundle in
            let (left, right) = try Peer.pair(on: bundle.loop)
            for _ in 0..<4 { try left.connection.send([UInt8](repeating: 7, count: 1 << 20)) }
            left.connection.finish()
            #expect(await right.frames(4).count == 4)
            #expect(await right.closed() == .closedByPeer)
            #expect(await left.closed() == .closedHere)
        }
    }

    @Test func `connecting to nobody fails with the endpoint in the sentence`() async throws {
        try await LoopBundle.with { bundle in
            let error = await #expect(throws: SystemError.self) {
                try await FrameConnection.connect(to: .unix(path: "/nowhere/socket"), on: bundle.loop)
            }
            #expect(error?.description == "could not connect to unix:/nowhere/socket: no such file or directory")
            let long = await #expect(throws: SystemError.self) {
                try await FrameConnection.connect(to: .unix(path: String(repeating: "x", count: 200)), on: bundle.loop)
            }
            #expect(long?.code == ENAMETOOLONG)
        }
    }

    @Test(arguments: ["unix:/tmp/x", "localhost:80", "[::1]:8080", "10.0.0.1:0"])
    func `an endpoint is read as it is written`(text: String) {
        #expect(SocketEndpoint(text)?.description == text)
    }

    @Test(arguments: ["", "unix:", "localhost", ":80", "host:99999", "[::1:80"])
    func `what is not an endpoint is refused`(text: String) { #expect(SocketEndpoint(text) == nil) }
}
