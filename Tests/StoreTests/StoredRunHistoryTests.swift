import DAGModel
@testable import Store
import Testing

/// A run as it was.
struct StoredRunHistoryTests {
    private static let start = Instant(seconds: 1_000)

    private static func attempt(_ number: Int, _ from: Int, _ to: Int, _ state: TaskState) -> AttemptRecord {
        AttemptRecord(
            id: Int64(number), run: 1, taskID: "a", mapIndex: -1, tryNumber: number, state: state, worker: "w", pid: 1,
            queuedAt: Instant(seconds: Int64(from)), startedAt: Instant(seconds: Int64(from + 1)),
            endedAt: Instant(seconds: Int64(to)), cpuMicroseconds: 0, maxResidentKiB: 0, exitCode: nil, signal: nil,
            reason: nil)
    }

    @Test func `an instance is in the states that its attempts tell`() {
        let graph = DAGGraph(DAGDocument(id: "d", tasks: [TaskDocument(id: "a", kind: .author, retries: 1)]))
        var record = RunRecord(
            NewRun(
                dagID: "d", runID: "r", versionID: 1, type: .manual, logicalDate: nil, dataIntervalStart: nil,
                dataIntervalEnd: nil, runAfter: Self.start, params: "{}", triggeredBy: ""), id: 1, queuedAt: Self.start)
        record.state = .success
        record.startedAt = Instant(seconds: 1_005)
        record.endedAt = Instant(seconds: 1_050)
        let row = InstanceRecord(
            run: 1, taskID: "a", mapIndex: -1, state: .success, tryNumber: 2, maxTries: 1, losses: 0,
            endedAt: Instant(seconds: 1_050))
        let attempts = [Self.attempt(1, 1_010, 1_020, .failed), Self.attempt(2, 1_030, 1_050, .success)]
        let run = StoredRun(record: record, instances: [row], graph: graph)
        func state(_ second: Int64) -> TaskState {
            run.at(Instant(seconds: second), attempts: attempts).instances[0].state
        }
        #expect(
            [1_000, 1_010, 1_015, 1_020, 1_029, 1_030, 1_040, 1_050].map(state) == [
                .none, .queued, .running, .upForRetry, .upForRetry, .queued, .running, .success,
            ])
        func runState(_ second: Int64) -> DAGRunState { run.at(Instant(seconds: second), attempts: []).record.state }
        #expect([1_000, 1_005, 1_049, 1_050].map(runState) == [.queued, .running, .running, .success])
    }
}
