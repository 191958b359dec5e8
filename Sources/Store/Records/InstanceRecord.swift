package import DAGModel

/// One task instance as stored.
package struct InstanceRecord: Sendable, Hashable {
    package var run: Int64
    package var taskID: String
    package var mapIndex: Int
    package var state: TaskState
    package var tryNumber: Int
    package var maxTries: Int
    package var losses: Int
    package var attempt: Int64?
    package var token: [UInt8]?
    package var worker: String?
    package var pid: Int?
    package var queuedAt: Instant?
    package var startedAt: Instant?
    package var endedAt: Instant?
    package var retryAt: Instant?
    package var reason: String?
    package var listLength: Int?
    package var steering: String?
    /// What people call the instance of a mapped task.
    package var mapIndexName: String?
    /// What the instance waits for, or waited for last in this try.
    package var wait: TaskWait?
}

/// One attempt that ended, as stored.
package struct AttemptRecord: Sendable, Hashable {
    package var id: Int64
    package var run: Int64
    package var taskID: String
    package var mapIndex: Int
    package var tryNumber: Int
    package var state: TaskState
    package var worker: String
    package var pid: Int?
    package var queuedAt: Instant?
    package var startedAt: Instant?
    package var endedAt: Instant
    package var cpuMicroseconds: Int64
    package var maxResidentKiB: Int64
    package var exitCode: Int?
    package var signal: Int?
    package var reason: String?
    /// Why it failed, as one word for programs: `task`, `final`, `timeout`, `cancelled` or `infrastructure`.
    package var cause: String?

    package init(
        id: Int64, run: Int64, taskID: String, mapIndex: Int, tryNumber: Int, state: TaskState, worker: String,
        pid: Int?, queuedAt: Instant?, startedAt: Instant?, endedAt: Instant, cpuMicroseconds: Int64,
        maxResidentKiB: Int64, exitCode: Int?, signal: Int?, reason: String?, cause: String? = nil
    ) {
        self.id = id
        self.run = run
        self.taskID = taskID
        self.mapIndex = mapIndex
        self.tryNumber = tryNumber
        self.state = state
        self.worker = worker
        self.pid = pid
        self.queuedAt = queuedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.cpuMicroseconds = cpuMicroseconds
        self.maxResidentKiB = maxResidentKiB
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.cause = cause
    }
}
