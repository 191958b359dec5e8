/// One task of a run in memory: how its upstream ended, and its instances.
public struct TaskPlan: Sendable {
    public internal(set) var tally: UpstreamTally
    /// How the tasks of its scope ended: setups that it works with, or, for a teardown, what it waits for; see ``DAGGraph/scope``.
    public internal(set) var scope: UpstreamTally
    public private(set) var instances: [InstancePlan]
    /// The number of elements of the output, when it was a list.
    public internal(set) var listLength: Int?
    /// A branch or a short circuit upstream decided against this task.
    public internal(set) var isSteeredAway = false
    /// The task is mapped, and the length of its list is not known yet.
    public private(set) var isAwaitingExpansion: Bool
    /// Instances that are not finished.
    var unfinished = 1
    /// Instances that nothing has been decided about.
    var undecided = 1
    var isDirty = false
    /// The lengths of the lists that the task was mapped over.
    var listLengths: [Int] = []
    /// In a mapped group: how the upstream instances with the same index ended, for each instance.
    var own: [InstanceTally] = []

    init(upstream: Int, setups: Int, scope: Int, isMapped: Bool) {
        tally = UpstreamTally(total: upstream)
        tally.setups = Int32(setups)
        self.scope = UpstreamTally(total: scope)
        instances = [InstancePlan(mapIndex: -1)]
        isAwaitingExpansion = isMapped
    }

    public var isExpanded: Bool { (instances.first?.mapIndex ?? -1) >= 0 }

    public subscript(mapIndex: Int) -> InstancePlan? {
        let position = max(mapIndex, 0)
        return position < instances.count && instances[position].mapIndex == mapIndex ? instances[position] : nil
    }

    /// Changes an instance that exists.
    mutating func update(_ mapIndex: Int, _ change: (inout InstancePlan) -> Void) {
        let position = max(mapIndex, 0)
        guard position < instances.count, instances[position].mapIndex == mapIndex else { return }
        change(&instances[position])
    }

    mutating func expand(into length: Int, isInMappedGroup: Bool) {
        isAwaitingExpansion = false
        // A task that was cleared goes on counting its tries.
        let (tries, granted) = (instances.first?.tryNumber ?? 0, instances.first?.grantedTries ?? 0)
        instances = (0..<length).map { index in
            var instance = InstancePlan(mapIndex: index)
            instance.tryNumber = tries
            instance.grantedTries = granted
            return instance
        }
        if isInMappedGroup { own = [InstanceTally](repeating: InstanceTally(), count: length) }
        unfinished = length
        undecided = length
    }
}

/// How a task is related to one that it waits for.
enum Relation {
    /// By an edge.
    case direct
    /// By a setup or a teardown.
    case scope
}

extension TaskPlan {
    /// Counts the end of an instance that all instances of this task wait for.
    mutating func count(_ state: TaskState, _ relation: Relation, isSetup: Bool) {
        switch relation {
        case .direct: tally.count(state, isSetup: isSetup)
        case .scope: scope.count(state, isSetup: isSetup)
        }
    }

    /// The same for one instance of a mapped group.
    mutating func count(_ state: TaskState, _ relation: Relation, at index: Int, isSetup: Bool) {
        switch relation {
        case .direct: own[index].tally.count(state, isSetup: isSetup)
        case .scope: own[index].scope.count(state, isSetup: isSetup)
        }
    }

    /// Expects so many more instances to end, or fewer.
    mutating func expect(_ more: Int, _ relation: Relation, isSetup: Bool) {
        switch relation {
        case .direct: tally.expect(more, isSetup: isSetup)
        case .scope: scope.expect(more, isSetup: isSetup)
        }
    }

    /// Each instance of a mapped group expects one more instance to end.
    mutating func expectOneEach(_ relation: Relation, isSetup: Bool) {
        for index in own.indices {
            switch relation {
            case .direct: own[index].tally.expect(1, isSetup: isSetup)
            case .scope: own[index].scope.expect(1, isSetup: isSetup)
            }
        }
    }
}

/// What one instance of a mapped group waits for.
struct InstanceTally: Sendable {
    var tally = UpstreamTally(total: 0)
    var scope = UpstreamTally(total: 0)
}

/// One task instance in memory.
public struct InstancePlan: Sendable, Hashable {
    public let mapIndex: Int
    public internal(set) var state = TaskState.none
    /// A branch of the same mapped group decided against this instance.
    var isSteeredAway = false
    /// Attempts begun so far; 0 before the first.
    public internal(set) var tryNumber = 0
    /// Attempts among them that ended because their worker was lost.
    public internal(set) var losses = 0
    /// Attempts that clearing has granted beyond the task's own retries.
    public internal(set) var grantedTries = 0

    init(mapIndex: Int) { self.mapIndex = mapIndex }
}
