/// How long the attempts of a worker may run without a word from the leader. Pure; times are those of ``LeaseClock``.
///
/// The lease counts from the moment the last *answered* heartbeat was sent, so that the worker never believes longer than the leader
/// that it holds its attempts.
struct Lease: Sendable {
    /// In nanoseconds. Defaults to 20 s until the leader says otherwise.
    private(set) var length: Int64 = 20_000_000_000
    private var renewedAt: Int64
    /// When the heartbeats were sent that have no answer yet.
    private var waiting: [Int64] = []
    private var first = 0

    init(now: Int64) { renewedAt = now }

    /// When the leader gives the attempts to others.
    var end: Int64 { renewedAt + length }
    /// When the worker begins to stop them, so that they are gone in time: after three quarters of the lease.
    var stopAt: Int64 { renewedAt + patience }
    /// How long the worker waits for a word from the leader.
    var patience: Int64 { length / 4 * 3 }
    /// What a stopped attempt may take between TERM and KILL: a tenth of the lease.
    var grace: Duration { .nanoseconds(length / 10) }

    /// A heartbeat leaves.
    mutating func sent(at now: Int64) { waiting.append(now) }

    /// The oldest heartbeat without an answer was answered.
    mutating func answered() {
        guard first < waiting.count else { return }
        let sentAt = waiting[first]
        first += 1
        if first == waiting.count { forget() }
        renewedAt = max(renewedAt, sentAt)
    }

    /// The leader has welcomed the worker, in answer to a hello that was sent at `sentAt`.
    mutating func begin(sentAt: Int64, length: Int64) {
        self.length = length
        renewedAt = max(renewedAt, sentAt)
        forget()
    }

    /// The connection is gone, and with it the answers to what was sent on it.
    mutating func forget() {
        waiting.removeAll(keepingCapacity: true)
        first = 0
    }
}
