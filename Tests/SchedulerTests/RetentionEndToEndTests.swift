import DAGModel
import Foundation
import Logging
import Postgres
import Scheduler
import Store
import Supervision
import Testing

/// What is old goes by itself, through the real scheduler.
@Suite(.timeLimit(.minutes(3)))
struct RetentionEndToEndTests {
    private var eager: RetentionRules {
        var rules = RetentionRules()
        (rules.firstPause, rules.interval) = (.milliseconds(50), .milliseconds(50))
        rules.policy.runs = .after(.seconds(3_600))
        rules.policy.keptRuns = 0
        return rules
    }

    /// Looks again and again; gives up after a minute.
    private func until(_ bundle: SchedulerBundle, _ what: String, _ isSo: () async throws -> Bool) async throws {
        for _ in 0..<6_000 {
            if try await isSo() { return }
            try await bundle.loop.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come to it that \(what)")
    }

    private func end(_ run: RunRecord, hoursAgo: Int64, _ bundle: SchedulerBundle) async throws {
        try await bundle.store.pool.query(
            "UPDATE dag_run SET ended_at = ended_at - make_interval(hours => \(Int32(hoursAgo))) WHERE id = \(run.id)")
    }

    @Test func `an old run and its log are removed, a younger one is not, and no run is made twice`() async throws {
        let bundle = try await SchedulerBundle(retention: eager)
        let worker = try bundle.startWorker()
        let folder = bundle.folder.appending(path: "logs")
        func hasLog(_ attempt: Int64) -> Bool {
            FileManager.default.fileExists(atPath: folder.appending(path: "\(attempt).end").path)
        }
        let orphan = folder.appending(path: "77.log")
        try Data("nobody's".utf8).write(to: orphan)
        try FileManager.default.setAttributes(
            [.modificationDate: Date.now.addingTimeInterval(-3 * 86_400)], ofItemAtPath: orphan.path)

        let once = try await bundle.publish(
            DAGDocument(id: "once", schedule: .once, start: Instant(Day(2026, 1, 1)), tasks: [TaskDocument(id: "a")]))
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Talking: DAG {
                func body() { task("a", Shell("echo hello")) }
            }
            """)
        var made: [RunRecord] = []
        var attempts: [Int64] = []
        for name in ["first", "second"] {
            let run = try await bundle.finished(try await bundle.trigger(dag, name))
            let attempt = try #require(try await bundle.store.attempts(run: run.id).first).id
            try await until(bundle, "the log of \(name) is complete") { hasLog(attempt) }
            made.append(run)
            attempts.append(attempt)
        }
        try await until(bundle, "the run of the schedule has ended") {
            try await bundle.store.runs(dagID: once, states: [.success], limit: 9, offset: 0).count == 1
        }
        let only = try #require(try await bundle.store.lastScheduledRun(dagID: once))
        try await end(only, hoursAgo: 2, bundle)
        try await end(made[0], hoursAgo: 2, bundle)

        try await until(bundle, "the old run is gone") { try await bundle.store.run(id: made[0].id) == nil }
        try await until(bundle, "its log is gone") { !hasLog(attempts[0]) }
        try await until(bundle, "the log of nobody is gone") {
            !FileManager.default.fileExists(atPath: orphan.path)
        }
        #expect(try await bundle.store.run(id: made[1].id) != nil && hasLog(attempts[1]))
        #expect(try await bundle.store.attempts(run: made[0].id).isEmpty)
        #expect(try await bundle.store.lastScheduledRun(dagID: once)?.id == only.id)
        // The scheduler goes on, and takes nothing for not done.
        let later = try await bundle.finished(try await bundle.trigger(dag, "third"))
        #expect(later.state == .success)
        #expect(try await bundle.store.runCount(dagID: once, states: []) == 1)
        worker.stop()
        await bundle.stop()
    }
}
