/// What the scheduler knows of a pool.
package struct PoolSize: Sendable, Hashable {
    /// -1 for no limit.
    package var slots: Int
    /// Sensors, which hold no slot of a worker, take slots of the pool too.
    package var includeDeferred: Bool

    package init(slots: Int, includeDeferred: Bool = false) {
        self.slots = slots
        self.includeDeferred = includeDeferred
    }

    /// Whether so many slots may be taken together.
    func has(_ slots: Int) -> Bool { self.slots < 0 || slots <= self.slots }
}
