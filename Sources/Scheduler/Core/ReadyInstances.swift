internal import DAGModel
internal import Store

/// Task instances that may run, what of the limits is taken, and who waits for which.
///
/// A lane that a limit blocks leaves the queue and waits at that limit. Whatever gives something of the limit back lets the next
/// of them go on, so that the end of a task costs what it wakes, however many wait.
struct ReadyInstances: Sendable {
    struct Candidate: Sendable {
        let run: Int64
        let key: InstanceKey
        let holds: [Hold]
    }

    /// An instance that cannot start before a person changes its pool.
    struct Refusal: Sendable {
        let run: Int64
        let key: InstanceKey
        let reason: String
    }

    private struct Waiting: Sendable {
        let place: Hold
        var queue = LaneQueue()
    }

    private var lanes: [LaneID: Lane] = [:]
    private var withSlot = LaneQueue()
    private var withoutSlot = LaneQueue()
    /// By limit; apart by how much of it is wanted, since little may be left when much is not.
    private var waiting: [Limit: [Waiting]] = [:]
    private var used: [Limit: Int] = [:]
    private var paused: Set<String> = []
    private var pools = ["default_pool": PoolSize(slots: 128)]
    private var refusals: [Refusal] = []

    func isEmpty(holdsSlot: Bool) -> Bool { holdsSlot ? withSlot.isEmpty : withoutSlot.isEmpty }

    mutating func push(_ key: InstanceKey, of run: ActiveRun) {
        let id = LaneID(run: run.record.id, shape: run.version.laneOfTask[key.task])
        if lanes[id] == nil { lanes[id] = Lane(run, run.version.lanes[id.shape]) }
        let isFirst = lanes[id]?.keys.first.map { key < $0 } ?? true
        lanes[id]?.keys.push(key)
        guard let blocker = lanes[id]?.blocker else {
            if isFirst { enqueue(id) }
            return
        }
        if let reason = refusal(of: blocker) { refusals.append(Refusal(run: id.run, key: key, reason: reason)) }
    }

    /// Draws the next instance that no limit blocks. The caller ``take(_:)``s what it holds, or lets it be.
    mutating func next(holdsSlot: Bool) -> Candidate? {
        while let ticket = holdsSlot ? withSlot.pop() : withoutSlot.pop() {
            let id = ticket.lane
            guard let lane = lanes[id], lane.blocker == nil, lane.keys.first == ticket.key else { continue }
            if let blocker = blocker(of: lane) {
                park(id, at: blocker)
                continue
            }
            draw(id)
            return Candidate(run: id.run, key: ticket.key, holds: lane.holds)
        }
        return nil
    }

    private mutating func draw(_ id: LaneID) {
        _ = lanes[id]?.keys.pop()
        guard lanes[id]?.keys.isEmpty == true else { return enqueue(id) }
        guard let former = lanes.removeValue(forKey: id)?.wokenBy else { return }
        wake(1, at: former)
    }

    private mutating func enqueue(_ id: LaneID) {
        guard let lane = lanes[id], let ticket = lane.ticket(id) else { return }
        if lane.holdsSlot {
            withSlot.push(ticket, dagID: lane.dagID, weight: lane.weight)
        } else {
            withoutSlot.push(ticket, dagID: lane.dagID, weight: lane.weight)
        }
    }

    /// A run has left memory: nothing of it is ready any more. What its attempts hold they hold until they have ended.
    mutating func forget(_ run: ActiveRun) {
        for shape in run.version.lanes.indices {
            guard let former = lanes.removeValue(forKey: LaneID(run: run.record.id, shape: shape))?.wokenBy else {
                continue
            }
            wake(1, at: former)
        }
        waiting[.run(run.record.id)] = nil
        for task in run.version.limitedTasks { waiting[.taskInRun(run.record.id, task: task)] = nil }
    }

    // MARK: Limits

    mutating func take(_ holds: [Hold]) {
        for hold in holds { used[hold.limit, default: 0] += hold.amount }
    }

    mutating func release(_ holds: [Hold]) {
        for hold in holds {
            let rest = (used[hold.limit] ?? 0) - hold.amount
            used[hold.limit] = rest > 0 ? rest : nil
            for limit in hold.limit.shared {
                for place in waiting[limit]?.map(\.place) ?? [] { wake(max(1, hold.amount / place.amount), at: place) }
            }
        }
    }

    mutating func setPaused(_ dagID: String, _ isPaused: Bool) {
        guard !isPaused else {
            paused.insert(dagID)
            return
        }
        guard paused.remove(dagID) != nil else { return }
        wake(.max, at: .pause(dagID))
    }

    /// The pools as they are now; everything that waits for one asks again.
    mutating func setPools(_ pools: [String: PoolSize]) {
        guard pools != self.pools else { return }
        let changed = Set(pools.keys).union(self.pools.keys).filter { pools[$0] != self.pools[$0] }
        self.pools = pools
        for pool in changed.sorted() {
            for limit in [Limit.pool(pool), .poolWaits(pool)] {
                for place in waiting[limit]?.map(\.place) ?? [] { go(.max, from: place) }
            }
        }
    }

    /// The instances that were found since the last call to wait for a pool that cannot take them.
    mutating func takeRefusals() -> [Refusal] {
        defer { refusals.removeAll() }
        return refusals
    }

    private func isOpen(_ hold: Hold) -> Bool {
        switch hold.limit {
        case .pause(let dagID): return !paused.contains(dagID)
        case .pool(let name):
            guard let pool = pools[name] else { return false }
            return pool.has(taken(of: name, pool) + hold.amount)
        case .poolWaits(let name):
            guard let pool = pools[name] else { return false }
            return pool.has((pool.includeDeferred ? taken(of: name, pool) : 0) + hold.amount)
        case .run, .task, .taskInRun: return (used[hold.limit] ?? 0) + hold.amount <= hold.capacity
        }
    }

    private func taken(of name: String, _ pool: PoolSize) -> Int {
        (used[.pool(name)] ?? 0) + (pool.includeDeferred ? used[.poolWaits(name)] ?? 0 : 0)
    }

    /// Why a limit will never let an instance go, as it is; nil when it may.
    private func refusal(of hold: Hold) -> String? {
        guard let name = hold.limit.pool else { return nil }
        guard let pool = pools[name] else {
            return "waits for pool \(name), which does not exist: create it, or give the task another pool"
        }
        guard !pool.has(hold.amount) else { return nil }
        return """
            takes \(hold.amount) slots of pool \(name), which has \(pool.slots): give the pool more slots, or the task fewer poolSlots
            """
    }

    private func blocker(of lane: Lane) -> Hold? {
        paused.contains(lane.dagID) ? .pause(lane.dagID) : lane.holds.first { !isOpen($0) }
    }

    private mutating func park(_ id: LaneID, at place: Hold) {
        guard let lane = lanes[id], let ticket = lane.ticket(id) else { return }
        lanes[id]?.blocker = place
        lanes[id]?.wokenBy = nil
        let queue = queue(at: place)
        waiting[place.limit]?[queue].queue.push(ticket, dagID: lane.dagID, weight: lane.weight)
        if let reason = refusal(of: place) {
            refusals += lane.keys.all.map { Refusal(run: id.run, key: $0, reason: reason) }
        }
        if let former = lane.wokenBy, former != place { wake(1, at: former) }
    }

    private mutating func queue(at place: Hold) -> Int {
        if let index = waiting[place.limit]?.firstIndex(where: { $0.place == place }) { return index }
        waiting[place.limit, default: []].append(Waiting(place: place))
        return (waiting[place.limit]?.count ?? 1) - 1
    }

    /// Lets lanes that wait for a limit go on, if something of it is left.
    private mutating func wake(_ count: Int, at place: Hold) {
        if isOpen(place) { go(count, from: place) }
    }

    private mutating func go(_ count: Int, from place: Hold) {
        guard let index = waiting[place.limit]?.firstIndex(where: { $0.place == place }) else { return }
        var rest = count
        while rest > 0, let ticket = waiting[place.limit]?[index].queue.pop() {
            guard lanes[ticket.lane]?.blocker == place else { continue }
            lanes[ticket.lane]?.blocker = nil
            lanes[ticket.lane]?.wokenBy = place
            enqueue(ticket.lane)
            rest -= 1
        }
        guard waiting[place.limit]?[index].queue.isEmpty == true else { return }
        waiting[place.limit]?.remove(at: index)
        if waiting[place.limit]?.isEmpty == true { waiting[place.limit] = nil }
    }
}

extension Limit {
    fileprivate var pool: String? {
        switch self {
        case .pool(let name), .poolWaits(let name): name
        case .pause, .run, .task, .taskInRun: nil
        }
    }

    /// The limits that may have more left when something of this one is given back.
    fileprivate var shared: [Limit] { pool.map { [.pool($0), .poolWaits($0)] } ?? [self] }
}

extension Hold {
    fileprivate static func pause(_ dagID: String) -> Hold { Hold(limit: .pause(dagID: dagID), capacity: 0) }
}

extension Lane {
    fileprivate func ticket(_ id: LaneID) -> LaneQueue.Ticket? {
        keys.first.map { LaneQueue.Ticket(runAfter: runAfter, lane: id, key: $0) }
    }
}
