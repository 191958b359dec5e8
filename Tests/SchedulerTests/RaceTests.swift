import DAGModel
import Store
import Testing

/// Two connections that change one run.
@Suite(.timeLimit(.minutes(2)))
struct RaceTests {
    @Test func `a cancel that races with results comes before or after them, never within`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(
            DAGDocument(
                id: "race", tasks: (0..<20).map { TaskDocument(id: "t\($0)", upstream: $0 == 0 ? [] : ["t\($0 - 1)"]) })
        )
        for index in 0..<30 {
            let run = try await bundle.trigger(dag, "run\(index)")
            async let cancelled = bundle.store.requestCancel(dagID: dag, runID: run.runID)
            let ended = try await bundle.finished(run)
            let (isCancelled, states) = (try await cancelled, try await bundle.states(run))
            #expect(ended.state.isFinished)
            #expect(states.count == 20 && states.values.allSatisfy(\.isFinished))
            if ended.state == .success { #expect(!isCancelled && states.values.allSatisfy { $0 == .success }) }
        }
        await bundle.stop()
    }
}
