internal import DAGModel
internal import Logging
internal import Postgres
internal import Store
internal import Supervision
internal import WorkerProtocol

/// One scheduler's term as the leader: gathers events, lets the core decide, commits, and acts.
///
/// Everything here lives on one event loop: the connections to workers, the timers and the connection to PostgreSQL, so that nothing
/// changes threads between a result, its commit and the next dispatch.
actor Leader {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let epoch: Int64
    let options: SchedulerOptions
    let store: StateStore
    let logs: any LogStore
    let secrets: any SecretSource
    let clock: SystemClock
    let log: Logger

    var core: SchedulerCore
    var versions: [Int64: PinnedVersion] = [:]
    /// Versions as the runs of backfills see them that do some of the tasks only.
    var backfillVersions: [BackfillVersion: PinnedVersion] = [:]
    var peers: [WorkerID: WorkerPeer] = [:]
    /// Which worker said hello on which connection.
    var greeted: [ObjectIdentifier: WorkerID] = [:]
    /// Results that the next tick will write, by run.
    var results: [Int64: [(AttemptResult, WorkerID)]] = [:]
    /// Those of the tick that is being committed, for runs that turn out to have been changed by somebody else.
    var committingResults: [Int64: [(AttemptResult, WorkerID)]] = [:]
    /// Runs that are to be read from the database before the next tick.
    var staleRuns: Set<Int64> = []
    /// Runs whose run before is to be read again before the next tick.
    var stalePasts: Set<Int64> = []
    var knownDAGs: [String: DAGRecord] = [:]
    var schedules: [String: ScheduledDAG] = [:]
    var scheduleTimer: Timer?
    var callbackTimer: Timer?
    var areCallbacksDue = false
    var isCalling = false
    var deadlineTimer: Timer?
    var areDeadlinesDue = false
    var isSettling = false
    /// When files of logs that nobody knows were looked for, in monotonic microseconds.
    var orphansSoughtAt: Int64?
    /// DAGs whose queues of asset events may be enough for a run.
    var assetQueues: Set<String> = []
    /// The backfills that are not finished, and those that runs in memory belong to.
    var backfills: [Int64: BackfillRecord] = [:]
    /// Those of them none of whose dates waits any more.
    var madeBackfills: Set<Int64> = []
    /// Runs that a schedule or a backfill created and that are not read yet.
    var createdRuns: [Int64: CreatedRun] = [:]
    var hasTakenOver = false
    var areRunsDue = false
    var isCreatingRuns = false
    let zones = ZoneFiles()
    /// The tokens of attempts that ended a moment ago: the end of their logs may still come.
    var recentlyEnded = EndedAttempts()
    var reports: [(attempt: Int64, at: Instant, content: String)] = []
    var isFlushingReports = false
    /// How many questions of each worker are being answered.
    var openQueries: [WorkerID: Int] = [:]
    /// When large outputs were looked through last, in monotonic microseconds; whether one was left since.
    var outputsTendedAt: Int64 = 0
    var outputsSweptAt: Int64 = 0
    var areOutputsDue = true
    var isTendingOutputs = false
    var isDatabaseAway = false
    var databaseAwaySince: Int64 = 0

    private let committer: TickCommitter
    private var isAwake = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private var timer: Timer?
    /// When `timer` is due, in monotonic microseconds.
    private var armedFor: Int64?
    private(set) var isOver = false
    private var isFenced = false

    init(
        epoch: Int64, options: SchedulerOptions, store: StateStore, committer: TickCommitter, logs: any LogStore,
        secrets: any SecretSource, clock: SystemClock, loop: EventLoop, log: Logger
    ) {
        self.epoch = epoch
        self.options = options
        self.store = store
        self.committer = committer
        self.logs = logs
        self.secrets = secrets
        self.clock = clock
        self.loop = loop
        self.log = log
        core = SchedulerCore(epoch: epoch, rules: options.rules)
    }

    /// The term is over, or about to be: nothing has to be written any more.
    var isEnding: Bool { isOver || isFenced }

    // MARK: The loop

    /// Leads until another scheduler does, or until ``resign()``.
    ///
    /// - Throws: ``StoreError/fenced`` when another scheduler leads.
    func lead() async throws {
        defer { closePeers() }
        while true {
            await waitForEvents()
            if isFenced { throw StoreError.fenced }
            guard !isOver else { return }
            try await withDatabase { try await refreshStaleRuns() }
            let tick = core.tick(clock.now())
            committingResults = results
            results.removeAll()
            armTimer()
            guard !tick.isEmpty else { continue }
            try await commit(tick)
        }
    }

    func resign() {
        isOver = true
        wake()
    }

    /// Another scheduler leads: nothing more is decided here.
    func fence() {
        isFenced = true
        wake()
    }

    private func closePeers() {
        for peer in peers.values { peer.connection.close() }
        peers.removeAll()
        scheduleTimer?.cancel()
        callbackTimer?.cancel()
        deadlineTimer?.cancel()
        timer?.cancel()
    }

    /// Something happened that the next tick has to look at.
    func wake() {
        isAwake = true
        sleeper.take()?.resume()
    }

    private func waitForEvents() async {
        if !isAwake {
            await withCheckedContinuation { sleeper = $0 }
        }
        isAwake = false
    }

    /// Waits for the core's next timer, if it does not do so already.
    func armTimer() {
        let due = core.nextTimer
        guard due != armedFor else { return }
        timer?.cancel()
        timer = nil
        armedFor = due
        guard let due else { return }
        let wait = Duration.microseconds(max(0, due - clock.now().monotonic))
        timer = loop.schedule(after: wait) { [self] in
            assumeIsolated {
                $0.armedFor = nil
                $0.wake()
            }
        }
    }

    // MARK: Committing

    private func commit(_ tick: Tick) async throws {
        let touched = Set(tick.writes.runs.map(\.id))
        let written = try await write(tick.writes)
        let lost = touched.subtracting(written)
        for run in lost { revert(run, tick) }
        committingResults.removeAll()
        for (run, effect) in tick.effects where run.map({ !lost.contains($0) }) ?? true { perform(effect) }
    }

    /// Writes a tick and returns the runs that were written.
    private func write(_ writes: TickWrites) async throws -> Set<Int64> {
        var writes = writes
        while !writes.isEmpty {
            do {
                // Writing the same twice changes nothing: a commit whose outcome is unknown is repeated.
                return try await withDatabase { [writes] in try await committer.commit(writes) }
            } catch StoreError.rowMismatch(let run, let sentence) {
                log.error("Memory and database differ, please report it; run \(run) is read again: \(sentence)")
                writes.leaveOut(run)
            }
        }
        return Set(writes.runs.map(\.id))
    }

    /// Does something with the database again and again until the database is there to do it.
    private func withDatabase<Result>(_ body: () async throws -> Result) async throws -> Result {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let result = try await body()
                databaseIsBack()
                return result
            } catch let error as PostgresError where error.isUnavailable || error.isSerializationOrDeadlock {
                if isFenced { throw StoreError.fenced }
                if isOver { throw error }
                if error.isUnavailable { databaseIsAway(error) }
                try await loop.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private func revert(_ run: Int64, _ tick: Tick) {
        core.undo(tick.effects.filter { $0.run == run }.map(\.effect))
        core.forget(run)
        results[run, default: []].insert(contentsOf: committingResults[run] ?? [], at: 0)
        staleRuns.insert(run)
        wake()
    }

    private func databaseIsAway(_ error: PostgresError) {
        guard !isDatabaseAway else { return }
        isDatabaseAway = true
        databaseAwaySince = clock.now().monotonic
        log.error("PostgreSQL is away; running tasks go on, nothing new starts until it is back: \(error)")
    }

    private func databaseIsBack() {
        guard isDatabaseAway else { return }
        isDatabaseAway = false
        log.notice("PostgreSQL is back after \((clock.now().monotonic - databaseAwaySince) / 1_000_000) s")
    }
}
