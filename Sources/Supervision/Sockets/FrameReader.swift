/// Cuts a stream of bytes into frames. No I/O: bytes are written to `withFreeSpace`, frames come out of `next()`.
struct FrameReader {
    enum Refusal: Error, Hashable {
        case frameTooLong(length: Int, maximum: Int)
        case descriptorsMissing(expected: Int, received: Int)
    }

    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var descriptors: [OwnedDescriptor] = []
    /// A longer frame is refused as soon as its header is here.
    var maximumLength: Int

    /// Room for hundreds of small frames per system call, small enough to have for each of thousands of connections.
    private static let usualCapacity = 16 << 10

    init(maximumLength: Int) {
        self.maximumLength = maximumLength
        buffer = [UInt8](repeating: 0, count: Self.usualCapacity)
    }

    /// Bytes that arrived and are not yet a whole frame.
    var pendingBytes: Int { end - start }

    /// Lends room for what arrives next; the closure returns how many bytes it wrote.
    mutating func withFreeSpace(_ receive: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        makeRoom()
        let end = end
        let count = buffer.withUnsafeMutableBytes { receive(.init(rebasing: $0[end...])) }
        if count > 0 { self.end += count }
        return count
    }

    mutating func append(_ received: [OwnedDescriptor]) { descriptors += received }

    /// The next whole frame, nil when more must arrive. Refuses a frame as soon as its header is here.
    mutating func next() throws(Refusal) -> Frame? {
        guard let header else { return nil }
        guard header.length <= maximumLength else {
            throw .frameTooLong(length: header.length, maximum: maximumLength)
        }
        guard end - start >= FrameHeader.size + header.length else { return nil }
        guard descriptors.count >= header.descriptors else {
            throw .descriptorsMissing(expected: header.descriptors, received: descriptors.count)
        }
        let payload = start + FrameHeader.size
        var frame = Frame(bytes: Array(buffer[payload..<payload + header.length]))
        if header.descriptors > 0 {
            frame.descriptors = Array(descriptors.prefix(header.descriptors))
            descriptors.removeFirst(header.descriptors)
        }
        start = payload + header.length
        if start == end { (start, end) = (0, 0) }
        return frame
    }

    private var header: (length: Int, descriptors: Int)? {
        guard end - start >= FrameHeader.size else { return nil }
        let start = start
        return FrameHeader.decode(buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: UInt32.self) })
    }

    /// Moves what is left to the front. The buffer grows with what really arrived, not with what a header announces,
    /// and shrinks after a long frame.
    private mutating func makeRoom() {
        let pending = pendingBytes
        let frame = header.map { $0.length + FrameHeader.size } ?? 0
        let wanted = max(Self.usualCapacity, min(frame, pending * 2))
        if wanted > buffer.count || (wanted < buffer.count && pending < wanted && frame <= wanted) {
            var resized = [UInt8](repeating: 0, count: wanted)
            resized.replaceSubrange(0..<pending, with: buffer[start..<end])
            buffer = resized
        } else if start > 0 {
            let start = start
            buffer.withUnsafeMutableBytes { bytes in
                bytes.copyMemory(from: .init(rebasing: bytes[start..<start + pending]))
            }
        }
        (start, end) = (0, pending)
    }
}

extension FrameReader.Refusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .frameTooLong(let length, let maximum):
            "the peer announced a frame of \(length) bytes; at most \(maximum) are accepted"
        case .descriptorsMissing(let expected, let received):
            "the peer announced \(expected) descriptors with a frame, \(received) arrived"
        }
    }
}
