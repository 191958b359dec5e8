internal import Glibc
internal import Supervision

/// The reading end of a pipe into which a process writes. Confined to its loop.
final class OutputPipe {
    /// The most that is read at a time, and the most that a chunk of a log has.
    static let chunkSize = 64 << 10

    private let pipe: OwnedDescriptor
    private let received: ([UInt8]) -> Void
    private var ended: ((OutputPipe) -> Void)?
    private var watcher: DescriptorWatcher?

    /// - Parameter ended: Called once, when nobody can write any more; not after `close()`.
    init(
        _ pipe: OwnedDescriptor, on loop: EventLoop, received: @escaping ([UInt8]) -> Void,
        ended: @escaping (OutputPipe) -> Void
    ) throws {
        self.pipe = pipe
        self.received = received
        self.ended = ended
        // The flag belongs to the open file, of which the writers hold the other end: they still block.
        _ = fcntl(pipe.number, F_SETFL, fcntl(pipe.number, F_GETFL) | O_NONBLOCK)
        let watcher = try DescriptorWatcher(pipe.number, on: loop) { [self] _ in _ = readOnce() }
        self.watcher = watcher
        try watcher.wait(for: .readable)
    }

    func pause(_ paused: Bool) { try? watcher?.wait(for: paused ? [] : .readable) }

    /// Reads what is there, at most what a pipe holds.
    func drain() {
        var rest = 16
        while rest > 0, watcher != nil, readOnce() { rest -= 1 }
    }

    func close() {
        watcher?.cancel()
        watcher = nil
        pipe.close()
        ended = nil
    }

    private func readOnce() -> Bool {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { space, initialised in
            count = read(pipe.number, space.baseAddress, space.count)
            initialised = max(0, count)
        }
        if count > 0 {
            received(bytes)
            return true
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        let ended = ended
        close()
        ended?(self)
        return false
    }
}
