/// Where the logs of attempts are read from.
package protocol LogSource: Sendable {
    /// Reads what an attempt wrote, from a byte on. No bytes and not complete means: nothing new yet.
    ///
    /// - Parameter limit: The most bytes to read.
    func read(attempt: Int64, from: Int64, limit: Int) async throws -> LogPart
}

/// A part of an attempt's log.
package struct LogPart: Sendable {
    package var bytes: [UInt8]
    /// Nothing will follow these bytes.
    package var isComplete: Bool

    package init(bytes: [UInt8], isComplete: Bool) {
        self.bytes = bytes
        self.isComplete = isComplete
    }
}
