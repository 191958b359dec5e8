internal import WorkerProtocol

/// The log chunks of all attempts that the leader does not say that it keeps. Pure: it is told what happened and gives what to send.
///
/// On a new connection everything in it is sent again; the leader knows by the offsets what it has.
struct LogOutbox {
    struct Chunk: Sendable {
        var attempt: AttemptID
        var token: AttemptToken
        var offset: Int64
        var bytes: [UInt8]
        var isLast: Bool

        var message: WorkerMessage { .log(attempt, token, offset: offset, bytes: bytes, isLast: isLast) }
        /// What a chunk costs, more or less, besides its bytes.
        var size: Int { bytes.count + 64 }
    }

    /// Above this many bytes no attempt's output is read any more; below half of it, again.
    let limit: Int
    private(set) var size = 0
    private(set) var isFull = false

    private var chunks: [Chunk] = []
    private var firstIndex = 0
    /// How many of the chunks were sent on this connection.
    private var sent = 0
    /// How many more were sent on this connection before them, and are kept.
    private var kept: UInt64 = 0

    var isEmpty: Bool { firstIndex == chunks.count }

    init(limit: Int = 2 << 20) { self.limit = limit }

    mutating func append(_ chunk: Chunk) {
        chunks.append(chunk)
        size += chunk.size
        if size > limit { isFull = true }
    }

    /// The next chunk to send, in order; nil when all were sent.
    mutating func next() -> Chunk? {
        guard firstIndex + sent < chunks.count else { return nil }
        defer { sent += 1 }
        return chunks[firstIndex + sent]
    }

    /// Forgets the first chunks that were sent on this connection: so many, counted from its beginning. Returns true when reading may go on.
    mutating func confirm(_ total: UInt64) -> Bool {
        guard total > kept else { return false }
        let count = min(Int(clamping: total - kept), sent)
        kept += UInt64(count)
        for index in firstIndex..<firstIndex + count {
            size -= chunks[index].size
            chunks[index].bytes = []
        }
        sent -= count
        firstIndex += count
        if firstIndex > 256 || firstIndex == chunks.count {
            chunks.removeFirst(firstIndex)
            firstIndex = 0
        }
        guard isFull, size < limit / 2 else { return false }
        isFull = false
        return true
    }

    /// The connection is gone: everything that is not confirmed goes out again on the next.
    mutating func rewind() {
        sent = 0
        kept = 0
    }
}
