internal import Glibc
internal import WorkerProtocol

/// A connected stream socket that carries frames and blocks: the counterpart of the supervisor's `FrameConnection`.
///
/// A frame is four bytes, little-endian (the lower 27 bits are the payload's length, the upper 5 the number of descriptors that
/// travel with it), and the payload.
final class FrameSocket: @unchecked Sendable {
    // @unchecked: used by a process with one thread, or under the lock of `ChildChannel`.
    let descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0
    private var descriptors: [CInt] = []

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Sends one message; false when the peer is gone.
    @discardableResult
    func send(_ message: some WireMessage, descriptors: [CInt] = []) -> Bool {
        let payload = message.frame
        let header = UInt32(payload.count) | UInt32(descriptors.count) << 27
        var bytes = withUnsafeBytes(of: header.littleEndian) { Array($0) }
        bytes += payload
        var sent = 0
        while sent < bytes.count {
            let written = write(bytes[sent...], sent == 0 ? descriptors : [])
            if written == -Int(EAGAIN) { wait(for: CShort(POLLOUT)) } else if written < 0 { return false }
            sent += max(0, written)
        }
        return true
    }

    /// Waits for the next frame; nil when the peer is gone.
    func receive() -> (bytes: [UInt8], descriptors: [CInt])? {
        while true {
            if let frame = next() { return frame }
            wait(for: CShort(POLLIN))
            guard fill() else { return nil }
        }
    }

    /// Waits for the next message; nil when the peer is gone or says something else.
    func receive<Message: WireMessage>(_ type: Message.Type) -> Message? {
        receive().flatMap { try? Message(frame: $0.bytes) }
    }

    /// A frame that has arrived completely.
    func next() -> (bytes: [UInt8], descriptors: [CInt])? {
        guard buffer.count - start >= 4 else { return nil }
        let offset = start
        let word = UInt32(
            littleEndian: buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) })
        let (length, count) = (Int(word & 0x07FF_FFFF), Int(word >> 27))
        guard buffer.count - start >= 4 + length, descriptors.count >= count else { return nil }
        let payload = Array(buffer[start + 4..<start + 4 + length])
        let taken = Array(descriptors.prefix(count))
        descriptors.removeFirst(count)
        start += 4 + length
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        return (payload, taken)
    }

    /// Takes in what has arrived, without waiting; false when the peer is gone.
    func fill() -> Bool {
        var received = 0
        var numbers = [CInt](repeating: -1, count: maximumDescriptors)
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { space, initialised in
            received = cposix_receive(
                descriptor, UnsafeMutableRawPointer(space.baseAddress), space.count, &numbers, &count)
            initialised = max(0, received)
        }
        if received == -Int(EAGAIN) { return true }
        guard received > 0 else { return false }
        buffer += chunk
        descriptors += numbers.prefix(count)
        return true
    }

    private func write(_ bytes: ArraySlice<UInt8>, _ descriptors: [CInt]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var part = iovec(iov_base: .init(mutating: buffer.baseAddress), iov_len: buffer.count)
            return cposix_send(descriptor, &part, 1, descriptors, descriptors.count)
        }
    }

    private func wait(for events: CShort) {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while poll(&entry, 1, -1) < 0, errno == EINTR {}
    }
}
