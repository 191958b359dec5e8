import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Supervision
import Testing

/// Callbacks by the real scheduler, PostgreSQL and worker.
@Suite struct CallbackEndToEndTests {
    private func callbacks(_ bundle: SchedulerBundle, of run: RunRecord) async throws -> [CallbackRecord] {
        try await bundle.store.callbacks(CallbackQuery(dagID: run.dagID, runID: run.runID, limit: 100))
            .map(\.record).sorted { $0.id < $1.id }
    }

    /// Once all of them have ended.
    private func ended(_ bundle: SchedulerBundle, _ run: RunRecord, count: Int) async throws -> [CallbackRecord] {
        for _ in 0..<6_000 {
            let all = try await callbacks(bundle, of: run)
            if all.count == count, all.allSatisfy({ $0.endedAt != nil }) { return all }
            try await bundle.loop.sleep(for: .milliseconds(10))
        }
        return try await callbacks(bundle, of: run)
    }

    private func log(_ bundle: SchedulerBundle, _ callback: CallbackRecord) async throws -> String {
        let logs = try FileLogStore(folder: bundle.folder.appending(path: "logs").path, log: Logger(label: "logs"))
        var text = ""
        for attempt in callback.attempts {
            for _ in 0..<1_000 {
                let part = try await logs.read(attempt: attempt, from: 0, limit: 10_000)
                guard part.isComplete else {
                    try await bundle.loop.sleep(for: .milliseconds(10))
                    continue
                }
                text += String(decoding: part.bytes, as: UTF8.self)
                break
            }
        }
        return text
    }

    @Test func `tasks and runs call back, with defaults that tasks override`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            let tell = Callback { event in
                print(event.kind.rawValue, event.taskID ?? "-", event.mapIndex, event.tryNumber, event.state, event.reason ?? "-")
                print(event.runID, event.callNumber, event.logPath ?? "-")
                print(event.dedupeKey)
            }

            @main
            struct Calling: DAG {
                let defaultArgs = DefaultArgs(retryDelay: .seconds(0), onFailure: tell, onSkipped: tell)
                let onFailure = tell
                func body() {
                    task("fails", retries: 1) { _ in throw FailTask("for good") }.onRetry(tell)
                    task("skips") { _ in throw SkipTask("nothing new") }
                    task("works", each: [1, 2]) { _, _ in }.onSuccess { event in print("done", event.mapIndex) }
                    task("quiet") { _ in throw FailTask("quietly") }.onFailure(.nothing)
                    task("shell", Shell("exit 3"), retries: 1).onRetry(tell)
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .failed)
        let all = try await ended(bundle, run, count: 7)
        #expect(all.allSatisfy { $0.state == .success && $0.calls == 1 })
        let names = all.map { "\($0.event.taskID ?? "run")[\($0.event.mapIndex)] \($0.event.kind)" }.sorted()
        #expect(
            names == [
                "fails[-1] failure", "run[-1] failure", "shell[-1] failure", "shell[-1] retry", "skips[-1] skipped",
                "works[0] success", "works[1] success",
            ])
        let failure = try #require(all.first { $0.event.taskID == "fails" })
        #expect(
            try await log(bundle, failure)
                == """
                failure fails -1 1 failed for good
                manual__1 1 /api/v2/dags/calling/dagRuns/manual__1/taskInstances/fails/logs/1
                \(failure.event.dedupeKey)

                """)
        let end = try #require(all.first { $0.event.taskID == nil })
        #expect(try await log(bundle, end).hasPrefix("failure - -1 0 failed task_failure\nmanual__1 1 -\n"))
        worker.stop()
        await bundle.stop()
    }

    @Test func `a callback that fails is called again, and in the end given up where people see it`() async throws {
        var rules = CallbackRules()
        (rules.calls, rules.pause) = (3, .milliseconds(10))
        let bundle = try await SchedulerBundle(callbacks: rules)
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit
            import Glibc

            struct Busy: Error {}

            @main
            struct Calling: DAG {
                func body() {
                    task("never") { _ in }.onSuccess { _ in throw Busy() }
                    task("second") { _ in }.onSuccess { event in
                        print("call", event.callNumber)
                        if event.callNumber < 2 { throw Busy() }
                    }
                    task("final") { _ in }.onSuccess { _ in throw FailTask("no such channel") }
                    task("dies") { _ in }.onSuccess { event in if event.callNumber < 2 { kill(getpid(), SIGKILL) } }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        let all = Dictionary(
            uniqueKeysWithValues: try await ended(bundle, run, count: 4).map { ($0.event.taskID ?? "", $0) })
        #expect(all["never"]?.state == .failed && all["never"]?.calls == 3)
        #expect(all["never"]?.error == "Busy(); given up after 3 calls")
        let second = try #require(all["second"])
        #expect(second.state == .success && second.calls == 2 && second.attempts.count == 2)
        #expect(try await log(bundle, second) == "call 1\nThe attempt failed: Busy()\ncall 2\n")
        #expect(all["final"]?.state == .failed && all["final"]?.calls == 1 && all["final"]?.error == "no such channel")
        #expect(all["dies"]?.state == .success && all["dies"]?.calls == 2)
        worker.stop()
        await bundle.stop()
    }

    @Test func `a run that is late is told of while it goes on, one that is in time is not`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Due: DAG {
                struct Params: DAGParams { var seconds = 0 }
                let deadlines = [
                    DeadlineAlert(.dagRunQueuedAt, interval: .milliseconds(1_500), name: "late") { event in
                        print(event.kind.rawValue, event.state, event.deadline != nil, event.taskID ?? "-")
                    },
                    DeadlineAlert(.dagRunLogicalDate, interval: .seconds(1)) { _ in },
                    DeadlineAlert(.dagRunQueuedAt, interval: .hours(1)) { _ in },
                ]
                func body() {
                    task("a") { context in try await Task.sleep(for: .seconds(context.params(Params.self).seconds)) }
                }
            }
            """)
        let quick = try await bundle.trigger(dag, "quick", params: #"{"seconds": 0}"#)
        let late = try await bundle.trigger(dag, "late", params: #"{"seconds": 600}"#)
        let told = try await ended(bundle, late, count: 1)
        #expect(told.map(\.event.dedupeKey) == ["due/late/deadline/0"])
        // A busy machine may not have begun it yet.
        let text = try await log(bundle, try #require(told.first))
        #expect(["running", "queued"].contains { text == "deadline \($0) true -\n" }, "\(text)")
        #expect(try await bundle.finished(quick).state == .success)
        #expect(try await bundle.store.deadlines(run: late.id).map(\.state) == [.missed, .pending])
        // However slow the machine is: an hour is enough.
        #expect(try await bundle.store.deadlines(run: quick.id).last?.state == .met)
        worker.kill()
        await bundle.stop()
    }

    @Test func `callbacks run although tasks have all slots, and ask for what is declared only`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker(slots: 1)
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Calling: DAG {
                func body() {
                    let first = task("first", uses: [.connection("slack")]) { _ in }.onSuccess { event in
                        do { _ = try await event.connection("slack") } catch { print(error) }
                        do { _ = try await event.connection("other") } catch { print(error) }
                    }
                    let long = task("long") { _ in try await Task.sleep(for: .seconds(600)) }
                    first >> long
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        _ = try await bundle.instance(run, "long") { $0.state == .running }
        let all = try await ended(bundle, run, count: 1)
        #expect(all.map(\.state) == [.success])
        let text = try await log(bundle, try #require(all.first))
        #expect(text.contains("there is no connection slack") && text.contains("connection other is not declared"))
        worker.kill()
        await bundle.stop()
    }
}
