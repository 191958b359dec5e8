/// The slots of a worker, given out in the order in which they were asked for. Confined to the supervisor's loop.
final class SlotQueue {
    let count: Int
    private(set) var used = 0
    private var waiting: [(id: UInt64, start: () -> Void)] = []
    private var lastID: UInt64 = 0

    init(count: Int) { self.count = count }

    /// Calls `start` when a slot is free, at once if one is. Returns a number by which the wait can be given up.
    @discardableResult
    func take(_ start: @escaping () -> Void) -> UInt64 {
        lastID += 1
        if used < count, waiting.isEmpty {
            used += 1
            start()
        } else {
            waiting.append((lastID, start))
        }
        return lastID
    }

    /// Gives up a wait; false when the slot was given already.
    @discardableResult
    func giveUp(_ id: UInt64) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Gives a slot back.
    func free() {
        used -= 1
        guard used < count, !waiting.isEmpty else { return }
        used += 1
        waiting.removeFirst().start()
    }
}
