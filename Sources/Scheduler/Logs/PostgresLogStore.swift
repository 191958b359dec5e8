internal import DAGModel
package import Logging
package import Store

/// Keeps logs in PostgreSQL, for schedulers and API servers on several hosts.
package final class PostgresLogStore: LogStore {
    private let store: StateStore
    private let maximumBytes: Int64
    private let waiting: LogQueue

    /// - Parameter maximumBytes: What one attempt may log; the rest is dropped, and the log says so. Defaults to 64 MiB.
    package init(_ store: StateStore, clock: SystemClock = .system, maximumBytes: Int64 = 64 << 20, log: Logger) {
        self.store = store
        self.maximumBytes = maximumBytes
        waiting = LogQueue(clock: clock, log: log) { try await store.addLogChunks($0, now: clock.now().wall) }
    }

    package func append(_ chunk: LogChunk) {
        let room = max(0, maximumBytes - chunk.start)
        var kept = chunk
        if Int64(chunk.bytes.count) > room {
            kept.bytes = Array(chunk.bytes.prefix(Int(room)))
            if room > 0 {
                kept.bytes += "\n[the log is longer than \(maximumBytes) bytes; the rest was not kept]\n".utf8
            }
        }
        if !kept.bytes.isEmpty || kept.isLast { waiting.append(kept) }
    }

    package func whenKept(_ done: @escaping @Sendable () -> Void) { waiting.whenKept(done) }

    package func read(attempt: Int64, from offset: Int64, limit: Int) async throws -> LogPart {
        var bytes: [UInt8] = []
        var isComplete = false
        for chunk in try await store.logChunks(attempt: attempt, from: offset, limit: 64) {
            let known = offset + Int64(bytes.count)
            if chunk.start + Int64(chunk.bytes.count) > known, chunk.start <= known {
                bytes += chunk.bytes.dropFirst(Int(known - chunk.start))
            }
            isComplete = chunk.isLast
            if bytes.count >= limit { break }
        }
        guard bytes.count > limit else { return LogPart(bytes: bytes, isComplete: isComplete) }
        return LogPart(bytes: Array(bytes.prefix(limit)), isComplete: false)
    }

    /// Logs in the database are removed with what they belong to.
    package func remove(_ attempts: [Int64]) async throws {}

    package func remove(_ old: OldLogs) async throws -> String? {
        guard let before = old.before else { return nil }
        let months = try await store.dropLogs(before: before)
        return months == 0 ? nil : "the logs of \(months) month\(months == 1 ? "" : "s")"
    }
}
