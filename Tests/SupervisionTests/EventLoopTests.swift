import Supervision
import Testing

@Suite(.timeLimit(.minutes(2)))
struct EventLoopTests {
    @Test func `actors on one loop share its thread and call each other without leaving it`() async throws {
        try await LoopBundle.with { bundle in
            let loop = bundle.loop
            #expect(loop.isOnLoop)
            let counter = Counter(on: loop)
            await counter.add(1)
            counter.addFromCallback()
            #expect(await counter.value == 2)
            #expect(loop.isOnLoop)
        }
    }

    @Test func `a task can prefer the loop as its executor`() async throws {
        let loop = try EventLoop(name: "preferred")
        let isOnLoop = await Task(executorPreference: loop) { @concurrent () async in loop.isOnLoop }.value
        #expect(isOnLoop)
        loop.shutdown()
    }

    @Test func `work of many threads runs one at a time and none is lost`() async throws {
        let loop = try EventLoop(name: "crowd")
        let counter = Counter(on: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { @concurrent in for _ in 0..<100 { await counter.add(1) } }
            }
        }
        #expect(await counter.value == 10_000)
        loop.shutdown()
    }

    @Test func `timers fire in order and never early`() async throws {
        try await LoopBundle.with { bundle in
            let clock = ContinuousClock()
            let start = clock.now
            let fired = await withCheckedContinuation { continuation in
                var fired: [(Int, Duration)] = []
                for delay in [30, 10, 20, 0] {
                    bundle.loop.schedule(after: .milliseconds(delay)) {
                        fired.append((delay, clock.now - start))
                        if fired.count == 4 { continuation.resume(returning: fired) }
                    }
                }
            }
            #expect(fired.map(\.0) == [0, 10, 20, 30])
            for (delay, passed) in fired { #expect(passed >= .milliseconds(delay)) }
        }
    }

    @Test func `a cancelled timer does not fire`() async throws {
        try await LoopBundle.with { bundle in
            let timer = bundle.loop.schedule(after: .milliseconds(1)) { Issue.record("the timer fired") }
            timer.cancel()
            timer.cancel()
            try await bundle.loop.sleep(for: .milliseconds(5))
            #expect(!timer.isOpen)
        }
    }

    @Test func `a repeating timer fires until it is cancelled from within`() async throws {
        try await LoopBundle.with { bundle in
            let count = await withCheckedContinuation { continuation in
                var count = 0
                var timer: Supervision.Timer?
                timer = bundle.loop.schedule(after: .zero, every: .milliseconds(1)) {
                    count += 1
                    guard count == 3 else { return }
                    timer?.cancel()
                    continuation.resume(returning: count)
                }
            }
            #expect(count == 3)
        }
    }

    @Test func `sleep ends at once when its task is cancelled`() async throws {
        let loop = try EventLoop(name: "sleep")
        let sleeper = Task { try await loop.sleep(for: .seconds(3_600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        loop.shutdown()
    }

    @Test func `jobs that keep making jobs do not starve timers`() async throws {
        try await LoopBundle.with { bundle in
            let busy = Task { @Sendable in await bundle.spin() }
            try await bundle.loop.sleep(for: .milliseconds(5))
            busy.cancel()
            await busy.value
        }
    }

    @Test func `work at the end of a turn runs after all jobs of the turn`() async throws {
        try await LoopBundle.with { bundle in
            let order = await withCheckedContinuation { continuation in
                var order: [String] = []
                bundle.loop.atEndOfTurn {
                    order.append("end")
                    continuation.resume(returning: order)
                }
                order.append("job")
            }
            #expect(order == ["job", "end"])
        }
    }

    @Test func `a loop of the current thread runs until it is stopped`() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            TestThread.run {
                continuation.resume(
                    with: Result {
                        let loop = try EventLoop.onCurrentThread(name: "own")
                        var fired = false
                        loop.schedule(after: .milliseconds(1)) {
                            fired = true
                            loop.stop()
                        }
                        loop.run()
                        #expect(fired)
                    })
            }
        }
    }
}

actor Counter {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private(set) var value = 0

    init(on loop: EventLoop) { self.loop = loop }

    func add(_ amount: Int) { value += amount }

    nonisolated func addFromCallback() { assumeIsolated { $0.add(1) } }
}

extension LoopBundle {
    func spin() async {
        while !Task.isCancelled { await Task.yield() }
    }
}
