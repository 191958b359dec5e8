import DAGModel
import Foundation
import Testing

struct StateTransitionTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/task-states.md")

    /// `SLIPSTREAM_WRITE_DOCS=1 swift test --filter StateTransitionTests` writes the page anew.
    @Test func `the page of states shows the tables`() throws {
        if ProcessInfo.processInfo.environment["SLIPSTREAM_WRITE_DOCS"] == "1" {
            try StatesPage.text.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(
            try String(contentsOf: Self.page, encoding: .utf8) == StatesPage.text,
            "renew docs/task-states.md: SLIPSTREAM_WRITE_DOCS=1 swift test --filter StateTransitionTests")
    }

    @Test func `no row leads from a state to itself, and no row is written twice`() {
        for row in TaskState.transitions { #expect(!row.from.contains(row.to) && !row.from.isEmpty, "\(row)") }
        #expect(Set(TaskState.transitions).count == TaskState.transitions.count)
    }

    @Test(arguments: TaskState.allCases)
    func `every state can be reached, and a person can leave each one or what runs it can`(state: TaskState) {
        #expect(TaskState.transitions.contains { $0.to == state })
        #expect(TaskState.transitions.contains { $0.from.contains(state) })
    }

    @Test func `what is finished is changed by persons only, apart from instances that come and go`() {
        for row in TaskState.transitions where row.by != .person && row.from.contains(where: \.isFinished) {
            #expect(row.to == .removed || row.from == [.removed], "\(row)")
        }
    }

    @Test(arguments: [
        (TaskState.none, TaskState.scheduled, StateActor.scheduler, true), (.success, .running, .worker, false),
        (.scheduled, .running, .worker, false), (.queued, .running, .worker, true), (.queued, .running, .person, false),
        (.failed, .none, .person, true), (.running, .none, .person, false), (.running, .restarting, .person, true),
        (.skipped, .success, .person, true), (.skipped, .success, .worker, false),
    ])
    func `the table answers for one change`(from: TaskState, to: TaskState, actor: StateActor, isAllowed: Bool) {
        #expect(from.mayBecome(to, by: actor) == isAllowed)
    }

    @Test func `the sets of states are Airflow's`() {
        func all(_ property: (TaskState) -> Bool) -> [TaskState] { TaskState.allCases.filter(property) }
        #expect(all(\.isFinished) == [.success, .failed, .skipped, .upstreamFailed, .removed])
        #expect(all(\.isSchedulable) == [.none, .upForRetry, .upForReschedule])
        #expect(all(\.holdsSlot) == [.queued, .running])
        #expect(all(\.isActive) == [.queued, .running, .deferred, .awaitingInput])
        #expect(all(\.isAdoptable) == [.queued, .running, .restarting])
        #expect(all(\.isFailure) == [.failed, .upstreamFailed])
        #expect(all(\.isSuccess) == [.success, .skipped])
    }

    @Test func `a run goes from queued over running to its end and back by a person only`() {
        #expect(DAGRunState.queued.mayBecome(.running, by: .scheduler))
        #expect(!DAGRunState.success.mayBecome(.running, by: .scheduler))
        #expect(DAGRunState.failed.mayBecome(.queued, by: .person))
        #expect(!DAGRunState.failed.mayBecome(.queued, by: .scheduler))
    }
}
