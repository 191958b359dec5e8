import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// Persons change runs of the real scheduler, PostgreSQL and worker.
@Suite struct ClearEndToEndTests {
    @Test func `a task that is cleared while it runs is stopped and runs again, and downstream gets the new value`()
        async throws
    {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Cleared: DAG {
                func body() {
                    let first = task("first") { context in
                        if context.tryNumber == 2 { try await Task.sleep(for: .seconds(600)) }
                        return context.tryNumber
                    }
                    _ = task("second", first) { _, first in first }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        try await clear("first", run, bundle)
        let running = try await bundle.instance(run, "first") { $0.state == .running }
        let process = try #require(running.pid)
        try await clear("first", run, bundle)
        let again = try await bundle.finished(run)
        #expect(again.state == .success)
        #expect(try await bundle.store.output(run: run.id, taskID: "second") == "3")
        #expect(kill(pid_t(process), 0) != 0)
        let attempts = try await bundle.store.attempts(run: run.id, taskID: "first", mapIndex: -1)
        #expect(attempts.map(\.state) == [.success, .failed, .success])
        #expect(attempts.map(\.tryNumber) == [1, 2, 3])
        worker.stop()
        await bundle.stop()
    }

    @Test func `a task that is marked while it runs is stopped, and the run goes on from there`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Marked: DAG {
                func body() {
                    let first = task("first") { _ in try await Task.sleep(for: .seconds(600)) }
                    let second = task("second") { context in try await Task.sleep(for: .seconds(600)) }
                    first >> second
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        let process = try #require(try await bundle.instance(run, "first") { $0.state == .running }.pid)
        try await bundle.store.changeRun(run.id, now: .now) { stored in
            _ = stored.mark(
                stored.plan.instances(chosenBy: InstanceSelection(tasks: [.init("first")])), as: .success, now: .now)
        }
        _ = try await bundle.instance(run, "second") { $0.state == .running }
        try await bundle.store.changeRun(run.id, now: .now) { $0.mark(.success, reason: "marked", now: .now) }
        #expect(try await bundle.finished(run).state == .success)
        #expect(try await bundle.states(run) == ["first": .success, "second": .success])
        while kill(pid_t(process), 0) == 0 { try await bundle.loop.sleep(for: .milliseconds(10)) }
        worker.stop()
        await bundle.stop()
    }

    private func clear(_ task: String, _ run: RunRecord, _ bundle: SchedulerBundle) async throws {
        var selection = InstanceSelection(tasks: [.init(task)])
        selection.includeDownstream = true
        try await bundle.store.changeRun(run.id, now: .now) { [selection] stored in
            _ = stored.clear(stored.plan.instances(chosenBy: selection), now: .now)
        }
    }
}

extension SchedulerBundle {
    /// A task instance once it is as it should be; gives up after minutes.
    func instance(_ run: RunRecord, _ task: String, when isSo: (InstanceRecord) -> Bool) async throws -> InstanceRecord
    {
        for _ in 0..<18_000 {
            if let row = try await store.instance(run: run.id, taskID: task, mapIndex: -1), isSo(row) { return row }
            try await loop.sleep(for: .milliseconds(10))
        }
        throw TimedOut(what: "\(task) of run \(run.runID) did not get there")
    }
}
