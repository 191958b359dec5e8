/// Whether a part of the worker still answers: a process can stand still without having ended.
///
/// It counts ticks of the supervisor and not time: while the supervisor or the whole machine stood still, nobody was silent.
struct AnswerWatch {
    enum Step {
        /// Ask now.
        case ask
        /// It has been asked, and may take its time.
        case wait
        /// It has not answered for ``patience`` ticks.
        case silent
    }

    /// Ticks without an answer. A tick takes a twentieth of the lease, and a second at most.
    static let patience = 40

    private var unanswered = 0

    mutating func tick() -> Step {
        unanswered += 1
        if unanswered == 1 { return .ask }
        // Said once: the part is killed for it, and its successor begins anew.
        return unanswered == Self.patience ? .silent : .wait
    }

    mutating func answered() { unanswered = 0 }
}
