/// How many children to keep waiting for one DAG file. Pure.
///
/// A chain needs few, a fan as many as there are slots and some that are being forked meanwhile. What was needed lately decides; it
/// fades while nothing runs.
struct ChildPlan: Sendable {
    private let most: Int
    /// The most attempts at once since the last fading.
    private var peak = 0
    private var previousPeak = 0

    init(slots: Int) { most = slots + 2 }

    /// So many attempts run or want to.
    mutating func sees(_ busy: Int) { peak = max(peak, busy) }

    /// How many should wait.
    var target: Int {
        let needed = max(peak, previousPeak)
        return needed == 0 ? 0 : min(needed + 2, most)
    }

    /// How many to fork now, given what waits or is being forked: none until half are used, then all at once, so that a loaded runner
    /// is not woken for each.
    func refill(waiting: Int) -> Int { waiting <= target / 2 ? max(0, target - waiting) : 0 }

    /// To be called every few seconds, with what runs then.
    mutating func fade(busy: Int) {
        previousPeak = peak
        peak = busy
    }
}
