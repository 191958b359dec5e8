import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Testing

/// Tasks that wait, through scheduler, PostgreSQL and worker as processes.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct WaitingTests {
    private static let source = """
        import DAGKit

        struct Job: Codable { var number: Int }

        @main
        struct Waits: DAG {
            func body() {
                let job = task("job") { context in
                    guard let resumption = context.resumption else {
                        print("submitted")
                        try context.suspend(awaiting: "job/\\(context.runID)", keeping: Job(number: 7))
                    }
                    print("going on")
                    let sent = try resumption.event(String.self) ?? "nothing"
                    return "job \\(try resumption.kept(Job.self).number) \\(sent) in try \\(context.tryNumber)"
                }
                sensor("looks", every: .milliseconds(50), mode: .reschedule) { context in
                    (context.resumption?.number ?? 0) >= 2
                }
                task("nap") { context in
                    if context.resumption == nil { try context.suspend(for: .milliseconds(50)) }
                }
                task("time", TimeSensor(.delay(.milliseconds(20))))
                let go = approval("go", "Publish \\(job)?")
                go >> task("publish") { _ in }
            }
        }
        """

    @Test func `what waits survives the death of scheduler and worker, and goes on with what it kept`() async throws {
        let cluster = try await Cluster(lease: 20_000)
        let dag = try await cluster.bundle.publish(Self.source)
        let first = try cluster.startScheduler("a")
        _ = try await cluster.leader()
        let worker = try cluster.startWorker()
        let run = try await cluster.bundle.trigger(dag)
        let waiting = try await cluster.bundle.instance(run, "job") { $0.state == .deferred }
        #expect(waiting.attempt == nil)
        for task in ["looks", "nap", "time"] {
            let row = try await cluster.bundle.instance(run, task) { $0.state == .success }
            #expect(row.tryNumber == 1)
        }
        let epoch = try await cluster.leader().epoch
        cluster.signal(worker, SIGKILL)
        cluster.signal(first, SIGKILL)
        let woken = try await cluster.store.sendEvent("job/\(run.runID)", .string("done"), now: .now)
        #expect(woken.map(\.row.taskID) == ["job"])
        try cluster.startScheduler("b")
        _ = try await cluster.leader(after: epoch)
        try cluster.startWorker("other")
        let asked = try await cluster.bundle.instance(run, "go") { $0.state == .awaitingInput }
        #expect(asked.wait?.request?.subject == "Publish job 7 done in try 1?")
        let answer = InputAnswer(chosen: ["Approve"], by: "ada", at: .now)
        try await cluster.store.changeRun(run.id, now: .now) { stored in
            _ = stored.wake { _, wait in wait.request == nil ? nil : .answer(answer) }
        }
        #expect(try await cluster.finished(run).state == .success)
        #expect(try await cluster.bundle.states(run)["publish"] == .success)
        try await expectBothLogs(cluster, run)
        try await cluster.close()
    }

    private func expectBothLogs(_ cluster: Cluster, _ run: RunRecord) async throws {
        let attempts = try await cluster.store.attempts(run: run.id, taskID: "job", mapIndex: -1)
        #expect(attempts.map(\.state) == [.deferred, .success])
        let logs = try FileLogStore(folder: cluster.file("logs"), log: Logger(label: "logs"))
        var texts: [String] = []
        for attempt in attempts {
            let log = try await logs.read(attempt: attempt.id, from: 0, limit: 10_000)
            texts.append(String(decoding: log.bytes, as: UTF8.self))
        }
        #expect(texts == ["submitted\n", "going on\n"])
    }

    @Test func `an event that is faster than the task that waits for it is not lost`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let folder = bundle.folder.path
        let dag = try await bundle.publish(
            """
            import DAGKit
            import Glibc

            @main
            struct Slow: DAG {
                func body() {
                    task("slow") { context in
                        guard context.resumption == nil else { return }
                        while access("\(folder)/go", F_OK) != 0 { usleep(10_000) }
                        try context.suspend(awaiting: "early", timeout: .minutes(5))
                    }
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        _ = try await bundle.instance(run, "slow") { $0.state == .running }
        #expect(try await bundle.store.sendEvent("early", .null, now: .now).isEmpty)
        _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil)
        #expect(try await bundle.finished(run).state == .success)
        worker.stop()
        await bundle.stop()
    }

    @Test func `the execution timeout counts from the first start, over the wait`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Late: DAG {
                func body() {
                    task("late", executionTimeout: .seconds(1)) { context in
                        if context.resumption == nil { try context.suspend(for: .milliseconds(1_100)) }
                        try await Task.sleep(for: .seconds(600))
                    }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        let row = try #require(try await bundle.store.instances(run: run.id).first)
        #expect(row.state == .failed)
        #expect(row.reason == "the attempt ran longer than its execution timeout of 1 s")
        let attempts = try await bundle.store.attempts(run: run.id, taskID: "late", mapIndex: -1)
        #expect(attempts.map(\.state) == [.deferred, .failed])
        worker.stop()
        await bundle.stop()
    }

    @Test func `a rejection skips what is directly downstream, and a cancelled run waits for nobody`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            enum Stage: String, Codable, CaseIterable { case test, production }

            @main
            struct Asks: DAG {
                func body() {
                    approval("go", "Go on?", deadline: .milliseconds(100), onDeadline: .reject) >> task("publish") { _ in }
                    let stage = ask("stage", "Where to?", among: Stage.self, default: .test, deadline: .milliseconds(100))
                    task("deploy", stage) { _, stage in stage == .test }
                    ask("forever", "Are you there?")
                }
            }
            """)
        let run = try await bundle.trigger(dag)
        _ = try await bundle.instance(run, "deploy") { $0.state == .success }
        _ = try await bundle.instance(run, "publish") { $0.state == .skipped }
        _ = try await bundle.instance(run, "forever") { $0.state == .awaitingInput }
        #expect(try await bundle.store.output(run: run.id, taskID: "deploy") == "true")
        try await bundle.store.changeRun(run.id, now: .now) { $0.mark(.failed, reason: "cancelled", now: .now) }
        #expect(try await bundle.finished(run).state == .failed)
        #expect(try await bundle.states(run)["forever"] == .failed)
        worker.stop()
        await bundle.stop()
    }
}
