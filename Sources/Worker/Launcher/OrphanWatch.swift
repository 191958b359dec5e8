internal import Glibc
internal import WorkerProtocol

/// Finds the orphans that ended attempts have left: processes that went into the background and became children of the launcher.
/// Pure: it is told what there is and says what has to go.
///
/// A background process belongs to the attempt that its environment names or, when it has cleared its environment, to one of those
/// that ran when it was first seen. It may live as long as that attempt.
struct OrphanWatch {
    private struct Orphan {
        let owners: Set<AttemptID>
        /// The number of the renewal after which it was seen. An attempt that began since the last one is not yet on the list.
        let seenAfter: Int
    }

    private var orphans: [pid_t: Orphan] = [:]
    private var live: Set<AttemptID> = []
    private var renewals = 0

    mutating func renew(_ attempts: [AttemptID]) {
        live = Set(attempts)
        renewals += 1
    }

    /// - Parameter owner: The attempt that a process's environment names.
    mutating func leftovers(among pids: [pid_t], owner: (pid_t) -> AttemptID?) -> [pid_t] {
        var seen: [pid_t: Orphan] = [:]
        for pid in pids {
            seen[pid] = orphans[pid] ?? Orphan(owners: owner(pid).map { [$0] } ?? live, seenAfter: renewals)
        }
        orphans = seen
        return seen.filter { $0.value.owners.isDisjoint(with: live) && renewals >= $0.value.seenAfter + 2 }.map(\.key)
    }
}
