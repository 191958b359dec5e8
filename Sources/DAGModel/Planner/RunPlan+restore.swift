/// A task instance as it is stored.
public struct StoredInstance: Sendable, Hashable {
    public var taskID: String
    public var mapIndex: Int
    public var state: TaskState
    public var tryNumber: Int
    public var losses: Int
    /// The number of elements of the output, when it was a list.
    public var listLength: Int?
    /// What a branch or short circuit decided.
    public var steering: Steering?
    /// Attempts that clearing has granted beyond the task's own retries.
    public var grantedTries: Int

    public init(
        taskID: String, mapIndex: Int, state: TaskState, tryNumber: Int, losses: Int, listLength: Int? = nil,
        steering: Steering? = nil, grantedTries: Int = 0
    ) {
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.state = state
        self.tryNumber = tryNumber
        self.losses = losses
        self.listLength = listLength
        self.steering = steering
        self.grantedTries = grantedTries
    }
}

extension RunPlan {
    /// The plan of a run from its stored instances, in any order. Instances of tasks that the graph does not have are left out.
    public init(graph: DAGGraph, stored: [StoredInstance]) {
        self.init(graph: graph)
        let known = stored.compactMap { instance in graph.index[instance.taskID].map { ($0, instance) } }
        var lengths: [Int: Int] = [:]
        for (task, instance) in known where instance.mapIndex >= 0 {
            lengths[task] = max(lengths[task] ?? 0, instance.mapIndex + 1)
        }
        for (task, length) in lengths { expand(task, into: length) }
        for (task, instance) in known { restore(instance, task: task) }
        for task in tasks.indices where tasks[task].isExpanded { noteListLengths(of: task) }
    }

    private mutating func restore(_ instance: StoredInstance, task: Int) {
        let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
        tasks[task].update(instance.mapIndex) {
            $0.tryNumber = instance.tryNumber
            $0.losses = instance.losses
            $0.grantedTries = instance.grantedTries
        }
        if let length = instance.listLength { tasks[task].listLength = length }
        if let steering = instance.steering { steer(from: key, steering) }
        // What is stored is taken as it is.
        if let old = self[key]?.state, old != instance.state { place(key, old, instance.state) }
    }
}
