/// A task instance of one run: the task's index in the graph and the index within a mapped task (-1 when it is not mapped).
public struct InstanceKey: Sendable, Hashable, Comparable {
    public var task: Int
    public var mapIndex: Int

    public init(task: Int, mapIndex: Int = -1) {
        self.task = task
        self.mapIndex = mapIndex
    }

    public static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        (left.task, left.mapIndex) < (right.task, right.mapIndex)
    }
}

/// How an attempt ended, as far as the plan of the run is concerned.
public enum AttemptEnd: Sendable, Hashable {
    /// `listLength` is the number of elements when the output is a list, for the tasks mapped over it.
    case success(steering: Steering? = nil, listLength: Int? = nil)
    case skipped
    /// A failure that may be tried again while the task has retries left.
    case failed
    /// A failure that is not tried again.
    case failedForGood
    /// The worker or its host was lost; tried again without using up a retry, a few times.
    case lost
}

extension AttemptEnd {
    public var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}

/// What a branch or a short circuit says about the tasks downstream of it.
public enum Steering: Sendable, Hashable {
    /// Nothing is skipped.
    case all
    /// Run these direct downstream tasks, skip the other direct ones.
    case follow([String])
    /// Skip every task downstream, whatever their trigger rules.
    case skipDownstream
    /// Skip the direct downstream tasks; the others follow their trigger rules.
    case skipDirectDownstream
}

/// One change that the planner decided.
public struct InstanceChange: Sendable, Hashable {
    public var key: InstanceKey
    /// The state before; nil for an instance that mapping has just created. The instances of a mapped task replace its instance -1.
    public var from: TaskState?
    public var state: TaskState

    public init(key: InstanceKey, from: TaskState?, state: TaskState) {
        self.key = key
        self.from = from
        self.state = state
    }
}
