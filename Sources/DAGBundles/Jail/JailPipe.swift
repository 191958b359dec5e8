internal import Glibc
internal import Supervision

/// Reads what a program writes, up to a limit; never holds more.
final class JailPipe {
    enum Event { case ended, overflowed }

    private(set) var bytes: [UInt8] = []
    private(set) var isAtEnd = false
    private let descriptor: OwnedDescriptor
    private let limit: Int
    private var watcher: DescriptorWatcher?
    private let report: (Event) -> Void

    init(_ descriptor: OwnedDescriptor, limit: Int, on loop: EventLoop, report: @escaping (Event) -> Void) throws {
        self.descriptor = descriptor
        self.limit = limit
        self.report = report
        let watcher = try DescriptorWatcher(descriptor.number, on: loop) { [unowned self] _ in read() }
        self.watcher = watcher
        try watcher.wait(for: .readable)
    }

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else { return end() }
            let room = limit - bytes.count
            bytes.append(contentsOf: buffer.prefix(min(count, room)))
            if count > room { report(.overflowed) }
        }
    }

    /// Stops reading.
    func end() {
        guard !isAtEnd else { return }
        isAtEnd = true
        watcher?.cancel()
        watcher = nil
        descriptor.close()
        report(.ended)
    }
}
