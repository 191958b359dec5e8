import Logging
import Scheduler
import Store
import Synchronization
import Testing

@Suite struct LogQueueTests {
    /// What was written, and how many more writes are to fail.
    private final class Disk: Sendable {
        struct Full: Error {}
        let state = Mutex((failures: 0, written: [LogChunk](), tries: 0))

        func write(_ chunks: [LogChunk]) throws {
            try state.withLock { state in
                state.tries += 1
                guard state.failures == 0 else {
                    state.failures -= 1
                    throw Full()
                }
                state.written += chunks
            }
        }
    }

    private let disk = Disk()

    private func queue(patience: Duration = .seconds(3_600)) -> LogQueue {
        LogQueue(log: Logger(label: "logs") { _ in SwiftLogNoOpLogHandler() }, pause: .zero, patience: patience) {
            [disk] in try disk.write($0)
        }
    }

    private func chunk(_ attempt: Int64, _ text: String = "line\n") -> LogChunk {
        LogChunk(attempt: attempt, start: 0, bytes: Array(text.utf8), isLast: false)
    }

    private func kept(_ queue: LogQueue) async {
        await withCheckedContinuation { continuation in queue.whenKept { continuation.resume() } }
    }

    @Test func `chunks are written in order, and then it is told`() async {
        let queue = queue()
        for attempt in 1...100 { queue.append(chunk(Int64(attempt))) }
        await kept(queue)
        #expect(disk.state.withLock { $0.written.map(\.attempt) } == Array(1...100))
    }

    @Test func `without anything to write it is told at once`() async {
        await kept(queue())
        #expect(disk.state.withLock { $0.tries } == 0)
    }

    @Test func `what cannot be written is tried again, and told when it is written`() async {
        disk.state.withLock { $0.failures = 5 }
        let queue = queue()
        queue.append(chunk(1))
        await kept(queue)
        #expect(disk.state.withLock { $0.written.map(\.attempt) } == [1])
        #expect(disk.state.withLock { $0.tries } == 6)
    }

    @Test func `when its patience is over it gives up what fails, and goes on with the next`() async {
        disk.state.withLock { $0.failures = 3 }
        let queue = queue(patience: .zero)
        for attempt in 1...4 {
            queue.append(chunk(Int64(attempt)))
            await kept(queue)
        }
        #expect(disk.state.withLock { $0.written.map(\.attempt) } == [4])
        #expect(disk.state.withLock { $0.tries } == 4)
    }
}
