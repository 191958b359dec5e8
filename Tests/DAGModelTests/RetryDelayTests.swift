import DAGModel
import Testing

struct RetryDelayTests {
    private static let seed = RetrySeed(dagID: "d", taskID: "t", logicalDate: Instant(Day(2024, 1, 1)))
    /// SHA-1 of `d#t#2024-01-01 00:00:00+00:00#TRY`, by coreutils' sha1sum.
    private static let digests = [
        "decdaa45dc9d93e8d6e80c6724222c5361578171", "ab6ac995226897682250146d2ccf15d464b6d401",
        "16d912c936ee01c40532eaec5b1d0e2046cf28ee", "0ae8c360e2473a66ec245777c06f63ba349fe875",
        "f3b567860840e92de595293875242c47317bcddd",
    ]

    @Test func `waits with exponential backoff are Airflow's to the second`() {
        let delay = RetryDelay(base: 300, exponentialBackoff: true)
        let waits = (1...5).map { tryNumber in
            delay.wait(after: tryNumber, seed: Self.seed) { text in
                #expect(text == "d#t#2024-01-01 00:00:00+00:00#\(tryNumber)")
                return bytes(Self.digests[tryNumber - 1])
            }
        }
        #expect(waits == [.seconds(521), .seconds(817), .seconds(1_518), .seconds(4_341), .seconds(9_117)])
    }

    @Test func `no wait is longer than a day or the maximum, however many tries there were`() {
        let digest = { (_: String) in [UInt8](repeating: 255, count: 20) }
        for tryNumber in [9, 50, 100_000, .max] {
            let delay = RetryDelay(base: 300, exponentialBackoff: true, multiplier: 10)
            #expect(delay.wait(after: tryNumber, seed: Self.seed, sha1: digest) == .seconds(86_400))
        }
        let short = RetryDelay(base: 300, exponentialBackoff: true, maximum: 310)
        #expect(short.wait(after: 3, seed: Self.seed, sha1: digest) == .seconds(310))
    }

    @Test func `without backoff the wait is the same each time, and nobody is asked for a digest`() {
        for delay in [RetryDelay(base: 1.5), RetryDelay(base: 1.5, exponentialBackoff: true, multiplier: 1)] {
            let wait = delay.wait(after: 7, seed: Self.seed) { _ in
                Issue.record("a digest is needed")
                return []
            }
            #expect(wait == .seconds(1.5))
        }
    }

    @Test func `a run without a logical date has waits of its own`() {
        let seed = RetrySeed(dagID: "d", taskID: "t", logicalDate: nil)
        _ = RetryDelay(base: 1, exponentialBackoff: true).wait(after: 2, seed: seed) { text in
            #expect(text == "d#t#None#2")
            return [0]
        }
    }

    private func bytes(_ digits: String) -> [UInt8] {
        stride(from: 0, to: digits.utf8.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }
}
