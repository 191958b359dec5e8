import Glibc
import Supervision
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SignalWatcherTests {
    @Test func `a signal to the process is reported on the loop`() async throws {
        try await LoopBundle.with { bundle in
            var watcher: SignalWatcher?
            await withCheckedContinuation { continuation in
                do {
                    watcher = try SignalWatcher(SIGUSR2, on: bundle.loop) {
                        watcher?.cancel()
                        continuation.resume()
                    }
                    kill(getpid(), SIGUSR2)
                } catch {
                    Issue.record(error)
                    continuation.resume()
                }
            }
            #expect(watcher?.isOpen == false)
        }
    }
}
