/// What the retention removes, in the order in which people read it.
package enum RemovedKind: String, Sendable, Hashable, CaseIterable {
    case runs
    case taskInstances = "task_instances"
    case attempts
    case xcoms
    case reports
    case logChunks = "log_chunks"
    case callbacks
    case deadlines
    case backfills
    case assetEvents = "asset_events"

    /// For people: "3 attempts".
    package func phrase(_ count: Int) -> String {
        let name =
            switch self {
            case .runs: "run"
            case .taskInstances: "task instance"
            case .attempts: "attempt"
            case .xcoms: "XCom"
            case .reports: "progress report"
            case .logChunks: "part of a log"
            case .callbacks: "callback"
            case .deadlines: "deadline"
            case .backfills: "backfill"
            case .assetEvents: "asset event"
            }
        if self == .logChunks, count != 1 { return "\(count) parts of logs" }
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}

/// How much of each kind was removed, or would be.
package struct RemovalCounts: Sendable, Hashable, CustomStringConvertible {
    private var counts: [RemovedKind: Int] = [:]

    package init() {}

    package subscript(kind: RemovedKind) -> Int {
        get { counts[kind] ?? 0 }
        set { counts[kind] = newValue }
    }

    package var isEmpty: Bool { counts.values.allSatisfy { $0 == 0 } }

    package mutating func add(_ other: RemovalCounts) { counts.merge(other.counts) { $0 + $1 } }

    /// "2 runs, 5 task instances, 5 attempts"
    package var description: String {
        RemovedKind.allCases.filter { self[$0] > 0 }.map { $0.phrase(self[$0]) }.joined(separator: ", ")
    }
}
