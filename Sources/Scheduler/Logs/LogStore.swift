package import Store

/// Where the logs of attempts are kept.
package protocol LogStore: Sendable {
    /// Keeps a chunk, soon. Chunks of an attempt come in order; one that is kept already may come again.
    func append(_ chunk: LogChunk)

    /// Calls back, on any thread, when everything that was appended before is written. What cannot be written, with several tries, counts too.
    func whenKept(_ done: @escaping @Sendable () -> Void)

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
