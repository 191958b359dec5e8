internal import CPosix
internal import Glibc

/// A stream socket that carries frames, over TCP or a Unix socket.
///
/// Frames that are sent within one turn of the loop leave together at its end. Frames that arrive are given to
/// `received` one by one, in order. `closed` is called exactly once, whoever ended the connection, and nothing is
/// called after it.
///
/// ```swift
/// let connection = try await FrameConnection.connect(to: .unix(path: path), on: loop)
/// try connection.start(received: { frame in … }, closed: { reason in … })
/// connection.send(payload)
/// ```
/// Confined to its loop. The connection lives, also without a reference, from `start` until it is closed.
package final class FrameConnection: @unchecked Sendable {
    // @unchecked: confined to the loop, which every entry point checks.

    /// Why a connection has ended.
    package enum CloseReason: Error, Hashable, CustomStringConvertible {
        /// `close()` or `finish()` was called here.
        case closedHere
        /// The peer closed it, between two frames.
        case closedByPeer
        /// The peer closed it, or died, in the middle of a frame.
        case truncated(missing: String)
        /// The peer sent something that is not allowed.
        case refused(String)
        /// The connection broke.
        case failed(SystemError)

        package var description: String {
            switch self {
            case .closedHere: "the connection was closed here"
            case .closedByPeer: "the peer closed the connection"
            case .truncated(let missing): "the peer closed the connection within a frame (\(missing))"
            case .refused(let sentence): sentence
            case .failed(let error): error.description
            }
        }
    }

    /// The longest payload that is accepted or sent, unless said otherwise: 16 MiB.
    package static let usualMaximumFrame = 16 << 20

    package let loop: EventLoop
    /// The longest payload in bytes; a longer one from the peer ends the connection.
    package let maximumFrame: Int

    private let socket: OwnedDescriptor
    private var reader: FrameReader
    private var outbound = OutboundQueue()
    private var watcher: DescriptorWatcher?
    private var received: ((Frame) -> Void)?
    private var drained: (() -> Void)?
    private var closed: ((CloseReason) -> Void)?
    private var isFlushScheduled = false
    private var isFinishing = false
    private var isReadingPaused = false
    private var state = State.idle

    private enum State { case idle, open, closed }

    /// Adopts a connected stream socket, as one end of a `socketpair`. Nothing is read before `start`.
    package init(adopting socket: OwnedDescriptor, maximumFrame: Int = usualMaximumFrame, on loop: EventLoop) {
        self.loop = loop
        self.socket = socket
        self.maximumFrame = min(maximumFrame, FrameHeader.maximumLength)
        reader = FrameReader(maximumLength: self.maximumFrame)
        StreamSocket.setNonBlocking(socket.number)
        StreamSocket.tune(socket.number, family: StreamSocket.family(of: socket.number))
    }

    /// Whether frames can be sent.
    package var isOpen: Bool { state == .open }

    /// Bytes that wait to be sent. A sender that can wait should, while this is large, until `drained` is called.
    package var bufferedBytes: Int { outbound.count }

    /// Begins to read.
    /// - Parameters:
    ///   - drained: Called when all that waited has been given to the system.
    ///   - closed: Called exactly once, at the end of the turn in which the connection ended.
    package func start(
        received: @escaping (Frame) -> Void, drained: (() -> Void)? = nil,
        closed: @escaping (CloseReason) -> Void
    ) throws {
        loop.preconditionOnLoop()
        precondition(state == .idle, "start() was called twice on a connection")
        let watcher = try DescriptorWatcher(socket.number, on: loop) { [self] in ready($0) }
        self.watcher = watcher
        (self.received, self.drained, self.closed) = (received, drained, closed)
        state = .open
        updateInterest()
    }

    /// Queues a frame, also before `start`. Frames for a connection that has ended are dropped: `closed` tells.
    ///
    /// A payload longer than `maximumFrame` is a mistake of the sender: it throws and the connection goes on.
    package func send(_ payload: some Collection<UInt8>, descriptors: [OwnedDescriptor] = []) throws {
        loop.preconditionOnLoop()
        guard payload.count <= maximumFrame, descriptors.count <= FrameHeader.maximumDescriptors else {
            throw CloseReason.refused(
                "a frame of \(payload.count) bytes with \(descriptors.count) descriptors is larger than the "
                    + "connection allows (\(maximumFrame) bytes, \(FrameHeader.maximumDescriptors) descriptors)")
        }
        guard state != .closed, !isFinishing else { return }
        outbound.append(payload, descriptors: descriptors)
        scheduleFlush()
    }

    /// From now on the peer may send no longer payload than this; `maximumFrame` still holds for what is sent.
    package func limitReceived(to bytes: Int) {
        loop.preconditionOnLoop()
        reader.maximumLength = min(bytes, maximumFrame)
    }

    /// Stops or resumes reading; what the peer sends meanwhile stays with it.
    package func pauseReading(_ paused: Bool) {
        loop.preconditionOnLoop()
        isReadingPaused = paused
        updateInterest()
    }

    /// Closes at once; frames that wait are lost.
    package func close() { end(.closedHere) }

    /// Closes when all that waits has been given to the system.
    package func finish() {
        loop.preconditionOnLoop()
        isFinishing = true
        if outbound.isEmpty { end(.closedHere) }
    }

    private func ready(_ readiness: DescriptorWatcher.Readiness) {
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable), !isReadingPaused { readAvailable() }
    }
}

// MARK: - Writing

extension FrameConnection {
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.atEndOfTurn { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    private func flush() {
        guard state == .open else { return }
        if outbound.isEmpty { return updateInterest() }
        while !outbound.isEmpty {
            let written = outbound.withNextWrite { bytes, descriptors in
                var part = iovec(iov_base: .init(mutating: bytes.baseAddress), iov_len: bytes.count)
                return cposix_send(socket.number, &part, 1, descriptors, descriptors.count)
            }
            if written == -Int(EAGAIN) { return updateInterest() }
            guard written >= 0 else { return writingFailed(CInt(-written)) }
            outbound.advance(by: written)
        }
        updateInterest()
        if isFinishing { end(.closedHere) } else { drained?() }
    }

    /// A peer that closed may have sent its reasons before: read them first.
    private func writingFailed(_ code: CInt) {
        readAvailable()
        end(.failed(SystemError("send to the peer", code: code)))
    }

    private func updateInterest() {
        guard state == .open, let watcher else { return }
        var interest: DescriptorWatcher.Readiness = []
        if !isReadingPaused { interest.insert(.readable) }
        if !outbound.isEmpty, !isFlushScheduled { interest.insert(.writable) }
        do { try watcher.wait(for: interest) } catch {
            end(.failed(error as? SystemError ?? SystemError("watch the connection")))
        }
    }
}

// MARK: - Reading

extension FrameConnection {
    /// Reads until the socket is empty, but not for ever, so that one busy peer cannot starve the others.
    private func readAvailable() {
        for _ in 0..<16 {
            guard state == .open, !isReadingPaused else { return }
            var descriptors = [CInt](repeating: -1, count: FrameHeader.maximumDescriptors)
            var descriptorCount = 0
            var capacity = 0
            let count = reader.withFreeSpace { space in
                capacity = space.count
                return cposix_receive(socket.number, space.baseAddress, space.count, &descriptors, &descriptorCount)
            }
            if count == -Int(EAGAIN) { return }
            guard count > 0 else { return ended(CInt(-count)) }
            reader.append(descriptors.prefix(descriptorCount).map(OwnedDescriptor.init(owning:)))
            guard deliver(), count == capacity else { return }
        }
    }

    private func deliver() -> Bool {
        do throws(FrameReader.Refusal) {
            while state == .open, let frame = try reader.next() { received?(frame) }
            return state == .open
        } catch {
            end(.refused(error.description))
            return false
        }
    }

    private func ended(_ code: CInt) {
        if code != 0 { return end(.failed(SystemError("receive from the peer", code: code))) }
        let pending = reader.pendingBytes
        end(pending == 0 ? .closedByPeer : .truncated(missing: "\(pending) bytes had arrived"))
    }

    private func end(_ reason: CloseReason) {
        loop.preconditionOnLoop()
        guard state != .closed else { return }
        state = .closed
        watcher?.cancel()
        watcher = nil
        socket.close()
        outbound = OutboundQueue()
        (received, drained) = (nil, nil)
        guard let closed = closed.take() else { return }
        loop.atEndOfTurn { closed(reason) }
    }
}
