package import DAGModel

/// One look at everything that may be too old, a few rows at a time.
///
/// Each step is a transaction of its own, so that nobody waits for more than one of them. It does no harm beside schedulers, users and other
/// passes: every step decides about rows that it has locked.
package struct RetentionPass: Sendable {
    private let store: StateStore
    private let policy: RetentionPolicy
    private let dagID: String?
    private let now: Instant
    /// The epoch of the leader that does it; nil for anybody else.
    private let epoch: Int64?
    private let isDryRun: Bool
    private let size: RetentionStep

    /// - Parameters:
    ///   - dagID: Only what belongs to this DAG. Defaults to all.
    ///   - epoch: The leader who does it: nothing is written once another one leads. Defaults to nil, for anybody else.
    ///   - isDryRun: Whether it only counts.
    ///   - size: How much one transaction does.
    package init(
        _ store: StateStore, _ policy: RetentionPolicy, dagID: String? = nil, now: Instant, epoch: Int64? = nil,
        isDryRun: Bool = false, size: RetentionStep = RetentionStep()
    ) {
        self.store = store
        self.policy = policy
        self.dagID = dagID
        self.now = now
        self.epoch = epoch
        self.isDryRun = isDryRun
        self.size = size
    }

    /// Removes, or counts, what is too old.
    ///
    /// - Parameter removed: Called after each transaction with what it has removed.
    /// - Throws: ``StoreError/fenced`` when another scheduler leads.
    package func run(_ removed: (RemovedRuns) async throws -> Void = { _ in }) async throws -> RemovalCounts {
        var counts = RemovalCounts()
        // What a dry run would have removed before.
        var gone: Set<Int64> = []
        if let cutoff = policy.runs.cutoff(now) {
            for dagID in try await store.dagsWithRuns(endedBefore: cutoff, dagID: dagID) {
                let rule = RetentionRequest(
                    dagID: dagID, endedBefore: cutoff, keptRuns: policy.keptRuns, now: now, epoch: epoch,
                    isDryRun: isDryRun, size: size)
                var place: RetentionPlace? = .start
                while let from = place {
                    let step = try await store.removeRuns(rule, from: from)
                    counts.add(step.counts)
                    place = step.next
                    if isDryRun { gone.formUnion(step.runs) }
                    try await removed(step)
                }
            }
            counts.add(
                try await store.removeBackfills(
                    completedBefore: cutoff, dagID: dagID, epoch: epoch, without: isDryRun ? gone : nil))
        }
        if let cutoff = policy.events.cutoff(now) {
            for kind in [RemovedKind.callbacks, .assetEvents] {
                var place: Int64? = 0
                while let from = place {
                    let step = try await store.removeEvents(
                        kind, before: cutoff, dagID: dagID, after: from, limit: size.rows, epoch: epoch,
                        without: isDryRun ? gone : nil)
                    counts[kind] += step.count
                    place = step.next
                    try await removed(RemovedRuns(attempts: step.attempts))
                }
            }
        }
        return counts
    }
}

/// How much one transaction of the retention does.
package struct RetentionStep: Sendable, Hashable {
    /// The most runs that are looked at.
    package var runs = 200
    /// After so many task instances no further run is removed; the run that has more is removed whole.
    package var instances = 20_000
    /// The most rows of other tables that are looked at.
    package var rows = 1_000

    package init() {}
}

/// What one transaction has removed.
package struct RemovedRuns: Sendable {
    package var counts = RemovalCounts()
    package var runs: [Int64] = []
    /// The attempts, also of callbacks, whose logs belong to nobody any more.
    package var attempts: [Int64] = []
    /// Where to go on; nil when everything was looked at.
    var next: RetentionPlace?
}

/// Where in the history of a DAG a pass is.
struct RetentionPlace: Sendable, Hashable {
    var endedAt: Instant
    var run: Int64

    static let start = RetentionPlace(endedAt: Instant(seconds: -60_000_000_000), run: 0)
}

/// What is asked of the history of one DAG.
struct RetentionRequest: Sendable {
    var dagID: String
    var endedBefore: Instant
    var keptRuns: Int
    var now: Instant
    var epoch: Int64?
    var isDryRun: Bool
    var size: RetentionStep
}
