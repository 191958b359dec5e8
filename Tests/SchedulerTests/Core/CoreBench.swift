import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// A core with a database and a clock that a test moves.
struct CoreBench {
    var leader: SimulatedLeader
    var database = SimulatedDatabase()
    var now = Moment(wall: Instant(seconds: 1_800_000_000), monotonic: 1_000_000_000)
    let rules: LeaseRules

    init(rules: LeaseRules = LeaseRules()) {
        self.rules = rules
        leader = SimulatedLeader(epoch: 1, rules: rules, database, now: now)
    }

    var core: SchedulerCore {
        get { leader.core }
        set { leader.core = newValue }
    }

    /// Creates a run of tasks and lets the core read it.
    mutating func run(
        _ tasks: [TaskDocument], dag: String = "dag", maxActiveRuns: Int = 16, limits: DAGLimits = DAGLimits(),
        after: Duration = .zero, backfill: BackfillPlace? = nil, day: Int? = nil
    ) -> Int64 {
        var document = DAGDocument(id: dag, maxActiveRuns: maxActiveRuns, tasks: tasks)
        document.limits = limits
        let id = database.createRun(
            document, runAfter: now.wall + after, logicalDate: day.map { Instant(Day(2026, 1, $0)) }, backfill: backfill
        )
        leader.staleRuns.insert(id)
        return id
    }

    /// Decides, writes, and says what is to be done.
    @discardableResult
    mutating func tick() -> Effects {
        guard leader.decide(database, now: now), leader.commit(&database) else { return Effects() }
        return Effects(leader.perform())
    }

    /// Decides again and again until nothing more follows.
    @discardableResult
    mutating func settle() -> Effects {
        var all = Effects()
        while leader.decide(database, now: now), leader.commit(&database) { all.append(leader.perform()) }
        return all
    }

    mutating func pass(_ time: Duration) { now = now + time }

    /// Lets the time of the next timer come.
    mutating func passToNextTimer() {
        guard let due = core.nextTimer else { return }
        pass(.microseconds(max(0, due - now.monotonic)))
    }

    /// Another scheduler takes over; whatever the former leader had not written is gone.
    mutating func takeOver() {
        database.epoch += 1
        leader = SimulatedLeader(epoch: database.epoch, rules: rules, database, now: now)
    }

    // MARK: Workers

    @discardableResult
    mutating func join(
        _ worker: WorkerID, name: String = "w", slots: Int = 1, held: [AttemptID] = [], isSuccessor: Bool = false
    ) -> [AttemptID] {
        core.workerJoined(worker, name: name, slots: slots, held: held, isSuccessor: isSuccessor, now: now)
    }

    mutating func end(
        _ spec: AttemptSpec, _ outcome: AttemptOutcome = .success(output: []), from worker: WorkerID = .one
    ) {
        leader.ended(AttemptResult(attempt: spec.id, token: spec.token, outcome: outcome), from: worker, now: now)
    }

    func state(_ run: Int64, _ task: String, _ mapIndex: Int = -1) -> TaskState? { database.state(run, task, mapIndex) }
    func row(_ run: Int64, _ task: String, _ mapIndex: Int = -1) -> InstanceRecord? {
        database.instances[run]?[.init(taskID: task, mapIndex: mapIndex)]
    }
}

/// What ticks decided to do.
struct Effects {
    var dispatched: [AttemptSpec] = []
    var receivers: [WorkerID] = []
    var cancelled: [AttemptID] = []
    var acknowledged: [AttemptID] = []
    var disconnected: [WorkerID] = []
    var finished: [String] = []
    var told: [String] = []
    var events: [String] = []
    var lostCalls: [String] = []

    init(_ effects: [Effect] = []) { append(effects) }

    var tasks: [String] { dispatched.map(\.taskID) }

    mutating func append(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .dispatch(let worker, let spec):
                dispatched.append(spec)
                receivers.append(worker)
            case .cancel(_, let attempt, _): cancelled.append(attempt)
            case .acknowledge(_, let attempt): acknowledged.append(attempt)
            case .disconnect(let worker): disconnected.append(worker)
            case .finished(_, let run): finished.append(run)
            case .tell(let sentence): told.append(sentence)
            case .pastEnded: break
            case .lookForEvent(let key): events.append(key)
            case .callCallbacks: break
            case .callLost(_, _, let reason): lostCalls.append(reason)
            }
        }
    }
}

extension WorkerID {
    static let one = WorkerID(instance: 1)
    static let two = WorkerID(instance: 2)
}

extension TaskDocument {
    static func author(
        _ id: String, after upstream: [String] = [], retries: Int = 0, delay: Double = 10,
        rule: TriggerRule = .allSuccess,
        weight: Int = 1, pool: String = "default_pool", slots: Int = 1
    ) -> TaskDocument {
        var task = TaskDocument(
            id: id, kind: .author, upstream: upstream, triggerRule: rule, retries: retries,
            retryDelay: RetryDelay(base: delay))
        task.limits.priorityWeight = weight
        task.limits.pool = pool
        task.limits.poolSlots = slots
        return task
    }
}

extension DAGLimits {
    static func activeTasks(_ count: Int) -> DAGLimits {
        var limits = DAGLimits()
        limits.maxActiveTasks = count
        return limits
    }
}

extension AttemptOutcome {
    static let failure = AttemptOutcome.failed(AttemptFailure(.task, "it failed"))
    static let lost = AttemptOutcome.failed(AttemptFailure(.infrastructure, "a part was lost"))
}
