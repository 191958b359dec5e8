internal import WorkerProtocol

/// The tokens of attempts that ended a minute ago or a little more, without a timer for each: two generations.
struct EndedAttempts: Sendable {
    private var newer: [AttemptID: AttemptToken] = [:]
    private var older: [AttemptID: AttemptToken] = [:]
    private var since: Int64 = 0

    /// How long an attempt is remembered at least, in microseconds.
    static let minimum: Int64 = 60_000_000

    subscript(attempt: AttemptID) -> AttemptToken? { newer[attempt] ?? older[attempt] }

    /// - Parameter now: Monotonic microseconds.
    mutating func add(_ attempt: AttemptID, _ token: AttemptToken, now: Int64) {
        if now - since > Self.minimum {
            swap(&older, &newer)
            newer.removeAll(keepingCapacity: true)
            since = now
        }
        newer[attempt] = token
    }
}
