/// Frames on their way out. No I/O: `withNextWrite` lends what to write, `advance` is told what was written.
struct OutboundQueue {
    private struct Chunk {
        var bytes: [UInt8] = []
        var descriptors: [OwnedDescriptor] = []
    }

    /// Frames are gathered into chunks of about this size, one system call each; descriptors begin a chunk of their
    /// own.
    private static let chunkSize = 64 << 10

    private var chunks: [Chunk] = []
    private var first = 0
    /// How much of the first chunk was written.
    private var offset = 0
    /// Bytes that wait, headers included.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ payload: some Collection<UInt8>, descriptors: [OwnedDescriptor]) {
        let size = FrameHeader.size + payload.count
        if first == chunks.count || !descriptors.isEmpty || chunks[chunks.count - 1].bytes.count + size > Self.chunkSize
        {
            chunks.append(Chunk(descriptors: descriptors))
            chunks[chunks.count - 1].bytes.reserveCapacity(size)
        }
        let header = FrameHeader.encode(length: payload.count, descriptors: descriptors.count)
        withUnsafeBytes(of: header) { chunks[chunks.count - 1].bytes.append(contentsOf: $0) }
        chunks[chunks.count - 1].bytes.append(contentsOf: payload)
        count += size
    }

    /// Lends what the next system call takes; the queue must not be empty. Descriptors go with the first byte.
    func withNextWrite<Result>(_ write: (UnsafeRawBufferPointer, _ descriptors: [CInt]) -> Result) -> Result {
        let chunk = chunks[first]
        return chunk.bytes.withUnsafeBytes { bytes in
            write(.init(rebasing: bytes[offset...]), offset == 0 ? chunk.descriptors.map(\.number) : [])
        }
    }

    /// Forgets bytes of the last `withNextWrite` that were written, and closes descriptors that have left.
    mutating func advance(by written: Int) {
        guard written > 0 else { return }
        count -= written
        offset += written
        chunks[first].descriptors = []
        guard offset == chunks[first].bytes.count else { return }
        chunks[first].bytes = []
        offset = 0
        first += 1
        guard first == chunks.count || first >= 64 else { return }
        chunks.removeFirst(first)
        first = 0
    }
}
