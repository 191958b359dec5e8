/// Which of the things that a worker keeps for later are removed: those that nobody has used for long, and the ones unused the longest
/// while all of them together are too large. Pure; times are in seconds.
struct PrunePlan: Sendable {
    struct Entry: Sendable, Hashable {
        var name: String
        var size: Int64
        var usedAt: Int
        /// A live attempt uses it: it stays, whatever its age and size.
        var isInUse = false
    }

    /// Removed when it was not used for longer.
    var maximumAge: Int
    /// What is kept in all, in bytes.
    var maximumSize: Int64
    /// Used within so many seconds it stays, also when there is too much. Defaults to none.
    var minimumAge = 0

    /// The names of what goes, unused the longest first.
    func victims(_ entries: [Entry], now: Int) -> [String] {
        var size = entries.reduce(0) { $0 + $1.size }
        var victims: [String] = []
        for entry in entries.filter({ !$0.isInUse }).sorted(by: { ($0.usedAt, $0.name) < ($1.usedAt, $1.name) }) {
            let age = now - entry.usedAt
            guard age > maximumAge || (size > maximumSize && age >= minimumAge) else { continue }
            victims.append(entry.name)
            size -= entry.size
        }
        return victims
    }
}
