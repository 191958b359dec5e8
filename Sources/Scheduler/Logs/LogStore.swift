package import DAGModel
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

    /// Removes the logs of attempts that nobody knows any more; those that are not there are no error.
    func remove(_ attempts: [Int64]) async throws

    /// Removes logs by their age, and those that nobody knows.
    ///
    /// - Returns: What was removed, for people; nil when there was nothing to remove.
    func remove(_ old: OldLogs) async throws -> String?
}

/// Which logs are too old.
package struct OldLogs: Sendable {
    /// Logs that were not written to since this moment; nil to keep all, however old they are.
    package var before: Instant?
    /// Logs that were not written to since this moment and whose attempts nobody knows; nil to look for none.
    package var orphansBefore: Instant?
    /// The attempts that execute: their logs stay.
    package var live: Set<Int64>
    /// Those of some attempts that nobody knows.
    package var unknown: @Sendable ([Int64]) async throws -> Set<Int64>

    package init(
        before: Instant?, orphansBefore: Instant?, live: Set<Int64>,
        unknown: @escaping @Sendable ([Int64]) async throws -> Set<Int64>
    ) {
        self.before = before
        self.orphansBefore = orphansBefore
        self.live = live
        self.unknown = unknown
    }
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
