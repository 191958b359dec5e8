/// Where the logs of attempts are kept.
package protocol LogStore: Sendable {
    /// Keeps a chunk. Chunks of an attempt come in order; one that is kept already may come again.
    func append(attempt: Int64, offset: Int64, bytes: [UInt8], isLast: Bool)

    /// Whether more waits to be kept than fits into memory: workers are told to send no further logs for a while.
    var isCongested: Bool { get }

    /// Reads from `offset` on, at most `limit` bytes.
    ///
    /// - Returns: The bytes that are there, and whether the log is complete after them.
    func read(attempt: Int64, from offset: Int64, limit: Int) async throws -> LogPart
}

/// A part of a log.
package struct LogPart: Sendable, Hashable {
    package var bytes: [UInt8]
    /// Nothing comes after these bytes.
    package var isComplete: Bool

    package init(bytes: [UInt8], isComplete: Bool) {
        self.bytes = bytes
        self.isComplete = isComplete
    }
}

extension LogStore {
    package var isCongested: Bool { false }
}
