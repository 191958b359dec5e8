internal import DAGModel
internal import WorkerProtocol

/// A worker's process, while it lives: a restarted worker is another one.
package struct WorkerID: Sendable, Hashable {
    package var instance: UInt64

    package init(instance: UInt64) { self.instance = instance }
}

/// A worker as the scheduler sees it.
struct WorkerEntry: Sendable {
    let name: String
    let slots: Int
    /// Attempts dispatched and not acknowledged, by whether they hold a slot.
    var attempts: Set<AttemptID> = []
    var usedSlots = 0
    /// Callbacks that it calls.
    var calls = 0
    var isConnected = true
    var isDraining = false
    /// Monotonic microseconds.
    var heardAt: Int64

    var freeSlots: Int { isConnected && !isDraining ? slots - usedSlots : 0 }

    /// The name that rows show: always of the same length.
    func label(_ id: WorkerID) -> String {
        let instance = String(id.instance, radix: 16)
        return "\(name)/\(String(repeating: "0", count: 16 - instance.count))\(instance)"
    }

    /// The worker's name in a label.
    static func name(label: String) -> Substring { label[..<(label.lastIndex(of: "/") ?? label.endIndex)] }
}

/// A body that has begun; its row is to say so at `due`, in monotonic microseconds.
struct PendingStart: Sendable {
    let attempt: AttemptID
    let due: Int64
}

/// An attempt that a worker may be executing.
struct LiveAttempt: Sendable {
    let run: Int64
    let key: InstanceKey
    let token: AttemptToken
    /// nil while no worker has reported an attempt of a former leader.
    var worker: WorkerID?
    /// The name of the worker that the row of a former leader's attempt tells.
    var workerLabel: String
    let holdsSlot: Bool
    /// What it takes of the limits until it has ended.
    let holds: [Hold]
    /// Until when, in monotonic microseconds, a worker has to report an attempt of a former leader.
    var reportBy: Int64 = 0
    /// When, in monotonic microseconds, its worker was told of it or last said that it has it. Until its tick is committed, which takes as long as
    /// the database is away, no worker can have it.
    var confirmedAt: Int64 = 0
    /// The run no longer waits for it: it was cancelled. Its slot is taken until it has ended.
    var isAbandoned = false
    /// The instance was cleared: it waits for the attempt to end, and does not want its result.
    var isUnwanted = false
    /// The call of a callback that the attempt makes; nil for an attempt of a task instance.
    var delivery: Delivery?

    /// The `run` of an attempt that calls a callback.
    static let noRun: Int64 = -1
}
