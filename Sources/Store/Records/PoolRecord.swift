/// Slots that the tasks of all DAGs share which name the pool.
package struct PoolRecord: Sendable, Hashable {
    package var name: String
    /// -1 for no limit.
    package var slots: Int
    package var description: String?
    /// Sensors take slots too.
    package var includeDeferred: Bool

    package init(name: String, slots: Int, description: String? = nil, includeDeferred: Bool = false) {
        self.name = name
        self.slots = slots
        self.description = description
        self.includeDeferred = includeDeferred
    }

    /// The pool of tasks that name none; it cannot be deleted.
    package static let defaultName = "default_pool"
    /// The most characters of a name.
    package static let longestName = 256
}
