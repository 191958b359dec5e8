/// Decides whether more is read from one attempt, so that a flood of messages waits with the one who makes it: in the socket, where it
/// costs neither memory nor the others' time. Pure; times are those of ``LeaseClock``.
struct MessageGate: Sendable {
    /// Reports that an attempt may make at once after a pause.
    static let burst = 500.0
    /// Reports a second that an attempt may go on making.
    static let rate = 200.0
    /// Questions that may wait for an answer.
    static let questions = 64
    /// Bytes that may wait to be sent, to the attempt or to the leader.
    static let buffered = 1 << 20

    private var reports = burst
    private var refilledAt: Int64
    private(set) var openQuestions = 0

    init(now: Int64) { refilledAt = now }

    mutating func reported(now: Int64) {
        refill(now)
        reports -= 1
    }

    mutating func asked() { openQuestions += 1 }
    mutating func answered() { openQuestions -= 1 }

    /// Whether more is to be read now.
    /// - Parameters:
    ///   - toAttempt: Bytes that wait to be sent to the attempt.
    ///   - toLeader: Bytes that wait to be sent to the leader.
    mutating func isOpen(now: Int64, toAttempt: Int, toLeader: Int) -> Bool {
        refill(now)
        return reports >= 1 && openQuestions < Self.questions && toAttempt < Self.buffered && toLeader < Self.buffered
    }

    /// Whether one more report is taken, for attempts that nobody can make wait.
    mutating func takesReport(now: Int64, toLeader: Int) -> Bool {
        refill(now)
        guard reports >= 1, toLeader < Self.buffered else { return false }
        reports -= 1
        return true
    }

    private mutating func refill(_ now: Int64) {
        reports = min(Self.burst, reports + Double(max(0, now - refilledAt)) / 1e9 * Self.rate)
        refilledAt = max(now, refilledAt)
    }
}
