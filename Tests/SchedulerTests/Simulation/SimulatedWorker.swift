import DAGModel
@testable import Scheduler
import WorkerProtocol

/// A worker's process as its supervisor and launcher behave, without any process.
struct SimulatedWorker {
    let name: String
    let slots: Int
    var id: WorkerID
    var isAlive = true
    /// Until when the supervisor is frozen.
    var frozenUntil: Int64 = 0
    var connection: Int?
    var isWelcome = false
    var helloSentAt: Int64 = 0
    /// Attempts whose bodies run, and those that wait for a slot.
    var running: [AttemptID: AttemptSpec] = [:]
    var waiting: [AttemptSpec] = []
    /// Attempts that are being stopped, and why.
    var stopping: [AttemptID: AttemptFailure] = [:]
    /// Results that are not acknowledged.
    var results: [AttemptID: AttemptResult] = [:]
    /// When the last answered heartbeat was sent, and when those that wait for an answer were.
    var renewedAt: Int64 = 0
    var heartbeats: [Int64] = []

    var held: [AttemptID] { (Array(running.keys) + waiting.map(\.id) + Array(results.keys)).sorted() }
    var usedSlots: Int { running.values.count { !$0.isSensor } }
    var isIdle: Bool { running.isEmpty && waiting.isEmpty && results.isEmpty }

    func stopAt(_ lease: Duration) -> Int64 { renewedAt + lease.wholeMicroseconds / 4 * 3 }
    func leaseEnd(_ lease: Duration) -> Int64 { renewedAt + lease.wholeMicroseconds }
    func knows(_ attempt: AttemptID) -> Bool {
        running[attempt] != nil || results[attempt] != nil || waiting.contains { $0.id == attempt }
    }
}

extension AttemptSpec {
    var isSensor: Bool {
        if case .builtIn(let type, _) = work { type.hasSuffix("sensor") } else { false }
    }
}
