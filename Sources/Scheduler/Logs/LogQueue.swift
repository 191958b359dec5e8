internal import DAGModel
package import Logging
package import Store
internal import Synchronization

/// Chunks of logs that wait to be written, in order: gathered while a write is under way, and written one batch after the other.
///
/// A batch that cannot be written is tried again, and after a while given up, with an error in the scheduler's own log; after that every
/// batch has one try, until one succeeds.
package final class LogQueue: Sendable {
    private enum Entry {
        case chunk(LogChunk)
        case kept(@Sendable () -> Void)
    }

    private struct State {
        var entries: [Entry] = []
        var isWriting = false
        /// Since when nothing could be written, in monotonic microseconds.
        var failingSince: Int64?
    }

    /// The bytes of a batch, more or less.
    private static let batch = 4 << 20

    private let state = Mutex(State())
    private let clock: SystemClock
    private let log: Logger
    private let pause: Duration
    private let patience: Int64
    private let write: @Sendable ([LogChunk]) async throws -> Void

    /// - Parameters:
    ///   - pause: Between two tries. Defaults to a second.
    ///   - patience: How long a batch is tried. Defaults to a minute.
    ///   - write: Writes chunks; those that were written already may come again. One call at a time is under way.
    package init(
        clock: SystemClock = .system, log: Logger, pause: Duration = .seconds(1), patience: Duration = .seconds(60),
        write: @escaping @Sendable ([LogChunk]) async throws -> Void
    ) {
        (self.clock, self.log, self.pause, self.write) = (clock, log, pause, write)
        self.patience = patience.wholeMicroseconds
    }

    package func append(_ chunk: LogChunk) { add(.chunk(chunk)) }

    /// Calls back when everything that was appended before is written or given up.
    package func whenKept(_ done: @escaping @Sendable () -> Void) { add(.kept(done)) }

    private func add(_ entry: Entry) {
        let starts = state.withLock { state in
            state.entries.append(entry)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { Task { await writeAll() } }
    }

    private func writeAll() async {
        while let entries = next() {
            await keep(entries.compactMap { if case .chunk(let chunk) = $0 { chunk } else { nil } })
            for case .kept(let done) in entries { done() }
        }
    }

    private func keep(_ chunks: [LogChunk]) async {
        guard !chunks.isEmpty else { return }
        while true {
            do {
                try await write(chunks)
                state.withLock { $0.failingSince = nil }
                return
            } catch {
                guard isToTryAgain(error) else { return giveUp(chunks, error) }
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func isToTryAgain(_ error: any Error) -> Bool {
        let now = clock.now().monotonic
        let since = state.withLock { state in
            defer { state.failingSince = state.failingSince ?? now }
            return state.failingSince
        }
        if since == nil { log.error("Logs of tasks cannot be written, trying again: \(error)") }
        return now - (since ?? now) < patience
    }

    private func giveUp(_ chunks: [LogChunk], _ error: any Error) {
        let attempts = Set(chunks.map(\.attempt)).sorted().prefix(10).map(String.init).joined(separator: ", ")
        let bytes = chunks.reduce(0) { $0 + $1.bytes.count }
        log.error("\(bytes) bytes of the logs of attempts \(attempts) could not be written and are lost: \(error)")
    }

    /// The next batch; nil when nothing waits, and then nobody writes.
    private func next() -> [Entry]? {
        state.withLock { state in
            var bytes = 0
            let rest = state.entries.firstIndex { entry in
                defer { if case .chunk(let chunk) = entry { bytes += chunk.bytes.count } }
                return bytes >= Self.batch
            }
            let batch = Array(state.entries[..<(rest ?? state.entries.count)])
            state.entries.removeFirst(batch.count)
            state.isWriting = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }
}
