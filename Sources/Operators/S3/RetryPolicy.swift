/// How often a request is tried, and how long to wait in between: doubling, with jitter.
package struct RetryPolicy: Sendable, Hashable {
    /// Defaults to 6.
    package var attempts: Int
    /// Before the second attempt, in seconds. Defaults to 0.2.
    package var firstDelay: Double
    /// Defaults to 5 seconds.
    package var longestDelay: Double

    package init(attempts: Int = 6, firstDelay: Double = 0.2, longestDelay: Double = 5) {
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
    }

    /// The delay after the `failed`-th attempt; `jitter` is between 0 and 1.
    func delay(after failed: Int, jitter: Double) -> Duration {
        var delay = firstDelay
        for _ in 1..<max(1, failed) where delay < longestDelay { delay *= 2 }
        return .seconds(min(delay, longestDelay) * (0.5 + jitter / 2))
    }
}
