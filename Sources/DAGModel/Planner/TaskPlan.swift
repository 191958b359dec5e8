/// One task of a run in memory: how its upstream ended, and its instances.
public struct TaskPlan: Sendable {
    public var tally: UpstreamTally
    public private(set) var instances: [InstancePlan]
    /// The number of elements of the output, when it was a list.
    public var listLength: Int?
    /// A branch or a short circuit upstream decided against this task.
    public var isSteeredAway = false
    /// The task is mapped, and the length of its list is not known yet.
    public private(set) var isAwaitingExpansion: Bool
    /// Instances that are not finished.
    var unfinished = 1

    init(_ task: TaskDocument, upstream: Int) {
        tally = UpstreamTally(total: upstream)
        instances = [InstancePlan(mapIndex: -1)]
        isAwaitingExpansion = task.mappedOver != nil || task.mappedCount != nil
    }

    public subscript(mapIndex: Int) -> InstancePlan? {
        let position = max(mapIndex, 0)
        return position < instances.count && instances[position].mapIndex == mapIndex ? instances[position] : nil
    }

    /// Changes an instance and returns the state it had; nil when there is no such instance.
    @discardableResult
    mutating func update(_ mapIndex: Int, _ change: (inout InstancePlan) -> Void) -> TaskState? {
        guard let old = self[mapIndex] else { return nil }
        change(&instances[max(mapIndex, 0)])
        return old.state
    }

    mutating func expand(into length: Int) {
        isAwaitingExpansion = false
        instances = (0..<length).map { InstancePlan(mapIndex: $0) }
        unfinished = length
    }
}

/// One task instance in memory.
public struct InstancePlan: Sendable, Hashable {
    public let mapIndex: Int
    public var state = TaskState.none
    /// Attempts begun so far; 0 before the first.
    public var tryNumber = 0
    /// Attempts among them that ended because their worker was lost.
    public var losses = 0

    init(mapIndex: Int) { self.mapIndex = mapIndex }
}
