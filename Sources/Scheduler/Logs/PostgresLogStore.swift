internal import DAGModel
package import Logging
package import Store
internal import Synchronization

/// Keeps logs in PostgreSQL, for schedulers and API servers on several hosts. Chunks are gathered and written one batch after the other.
package final class PostgresLogStore: LogStore {
    private let store: StateStore
    private let clock: SystemClock
    private let maximumBytes: Int64
    private let log: Logger
    private let state = Mutex(State())

    private struct State {
        var waiting: [LogChunk] = []
        var waitingBytes = 0
        var isWriting = false
    }

    /// - Parameter maximumBytes: What one attempt may log; the rest is dropped, and the log says so. Defaults to 64 MiB.
    package init(_ store: StateStore, clock: SystemClock = .system, maximumBytes: Int64 = 64 << 20, log: Logger) {
        self.store = store
        self.clock = clock
        self.maximumBytes = maximumBytes
        self.log = log
    }

    /// Above 32 MiB.
    package var isCongested: Bool { state.withLock { $0.waitingBytes > 32 << 20 } }

    package func append(attempt: Int64, offset: Int64, bytes: [UInt8], isLast: Bool) {
        var kept = offset < maximumBytes ? Array(bytes.prefix(Int(clamping: maximumBytes - offset))) : []
        if offset < maximumBytes, offset + Int64(bytes.count) > maximumBytes {
            kept += "\n[the log is longer than \(maximumBytes) bytes; the rest was not kept]\n".utf8
        }
        guard !kept.isEmpty || isLast else { return }
        let starts = state.withLock { state in
            state.waitingBytes += kept.count
            state.waiting.append(LogChunk(attempt: attempt, start: offset, bytes: kept, isLast: isLast))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { Task { await write() } }
    }

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

    private func write() async {
        while let batch = next() {
            do {
                try await store.addLogChunks(batch, now: clock.now().wall)
            } catch {
                log.error("\(batch.count) chunks of logs could not be stored: \(error)")
            }
        }
    }

    private func next() -> [LogChunk]? {
        state.withLock { state in
            let batch = state.waiting
            state.waiting.removeAll()
            state.waitingBytes = 0
            state.isWriting = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }
}
