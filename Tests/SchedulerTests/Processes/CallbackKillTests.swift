import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Testing

/// Callbacks when a leader or a worker dies at the wrong moment.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct CallbackKillTests {
    /// A DAG with one task, whose callback writes a line and goes on until ``Cluster/letGo()``.
    private func publish(_ cluster: Cluster) async throws -> String {
        try await cluster.bundle.publish(
            """
            import DAGKit
            import Glibc

            let folder = "\(cluster.bundle.folder.path)"

            func note(_ line: String) {
                let file = open(folder + "/calls", O_WRONLY | O_APPEND | O_CREAT, 0o666)
                _ = line.withCString { write(file, $0, strlen($0)) }
                close(file)
            }

            @main
            struct Calling: DAG {
                func body() {
                    task("a") { _ in }.onSuccess { event in
                        note("begin \\(event.dedupeKey)\\n")
                        while access(folder + "/go", F_OK) != 0 { usleep(20_000) }
                        note("end \\(event.dedupeKey)\\n")
                    }
                }
            }
            """)
    }

    private func calls(_ cluster: Cluster) -> [String] {
        ((try? String(contentsOfFile: cluster.file("calls"), encoding: .utf8)) ?? "").split(separator: "\n").map(
            String.init)
    }

    private func callback(_ cluster: Cluster, _ run: RunRecord) async throws -> CallbackRecord? {
        try await cluster.store.callbacks(CallbackQuery(dagID: run.dagID, runID: run.runID, limit: 10)).first?.record
    }

    private func expectSuccess(_ cluster: Cluster, _ run: RunRecord, calls: Int) async throws {
        try await cluster.until("the callback has run") {
            try await callback(cluster, run)?.state == .success
        }
        let record = try #require(try await callback(cluster, run))
        #expect(record.calls == calls)
        #expect(Set(self.calls(cluster).map { $0.split(separator: " ").last ?? "" }) == [record.event.dedupeKey[...]])
    }

    @Test func `what was committed when the leader died is called by the next one`() async throws {
        let cluster = try await Cluster()
        let dag = try await publish(cluster)
        cluster.letGo()
        // The end of the task is committed by a leader that is gone before it tells any worker of the callback.
        let run = try await cluster.bundle.trigger(dag)
        let version = try #require(try await cluster.store.dag(dag)).versionID
        let nobody = try #require(try await cluster.store.leader())
        let epoch = try #require(
            try await cluster.store.takeLead(
                from: nobody.epoch, name: "gone", address: "unix:/x", lease: 0))
        let committer = TickCommitter(pool: cluster.store.pool, epoch: epoch)
        try await cluster.store.ensurePartitions()
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.runStates = [RunStateWrite(run: run.id, state: .success, startedAt: .now, endedAt: .now)]
        let event = CallbackEvent(.success, dedupeKey: "key", taskID: "a", tryNumber: 1, state: "success", at: .now)
        writes.callbacks = [CallbackWrite(run: run.id, versionID: version, event: event)]
        #expect(try await committer.commit(writes) == [run.id])
        try cluster.startScheduler("a")
        try cluster.startWorker()
        try await expectSuccess(cluster, run, calls: 1)
        #expect(calls(cluster) == ["begin key", "end key"])
        try await cluster.close()
    }

    @Test func `a call goes on when the leader is killed, and its end is kept`() async throws {
        let cluster = try await Cluster(lease: 20_000)
        let dag = try await publish(cluster)
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.finished(try await cluster.bundle.trigger(dag))
        try await cluster.until("the callback runs") { !self.calls(cluster).isEmpty }
        cluster.signal(cluster.schedulers[first.name], SIGKILL)
        cluster.letGo()
        _ = try await cluster.leader(after: first.epoch)
        try await expectSuccess(cluster, run, calls: 1)
        #expect(calls(cluster).count == 2)
        try await cluster.close()
    }

    @Test func `the log of a call that ended under a leader that could not write it is with the next one`() async throws
    {
        let cluster = try await Cluster(lease: 20_000)
        let dag = try await cluster.bundle.publish(
            """
            import DAGKit

            @main
            struct Telling: DAG {
                func body() { task("a") { _ in }.onSuccess { event in print("told of", event.taskID ?? "-") } }
            }
            """)
        try cluster.startScheduler("a", logs: "lost")
        let first = try await cluster.leader()
        try cluster.startWorker()
        // From now on it cannot write.
        try FileManager.default.removeItem(atPath: cluster.file("lost"))
        let run = try await cluster.finished(try await cluster.bundle.trigger(dag))
        try await cluster.until("the callback has run") { try await callback(cluster, run)?.state == .success }
        cluster.signal(cluster.schedulers[first.name], SIGKILL)
        try cluster.startScheduler("b")
        _ = try await cluster.leader(after: first.epoch)
        let attempt = try #require(try await callback(cluster, run)?.attempts.first)
        let logs = try FileLogStore(folder: cluster.file("logs"), log: Logger(label: "logs"))
        try await cluster.until("the log of the call is complete") {
            try await logs.read(attempt: attempt, from: 0, limit: 10_000).isComplete
        }
        let log = try await logs.read(attempt: attempt, from: 0, limit: 10_000)
        #expect(String(decoding: log.bytes, as: UTF8.self) == "told of a\n")
        try await cluster.close()
    }

    @Test func `a deadline that passes while nobody leads is told of once`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.bundle.publish(
            """
            import DAGKit

            @main
            struct Due: DAG {
                let deadlines = [DeadlineAlert(.dagRunQueuedAt, interval: .seconds(2)) { _ in print("late") }]
                func body() { task("a") { _ in try await Task.sleep(for: .seconds(600)) } }
            }
            """)
        try cluster.startScheduler("a")
        let first = try await cluster.leader()
        let run = try await cluster.bundle.trigger(dag)
        cluster.signal(cluster.schedulers["a"], SIGKILL)
        try await cluster.until("the deadline has passed") { Instant.now > run.queuedAt + .seconds(2) }
        #expect(try await callback(cluster, run) == nil)
        for name in ["b", "c"] { try cluster.startScheduler(name) }
        _ = try await cluster.leader(after: first.epoch)
        try cluster.startWorker()
        try await cluster.until("the callback has run") { try await callback(cluster, run)?.state == .success }
        #expect(try await callback(cluster, run)?.calls == 1)
        try await cluster.close()
    }

    @Test func `a call that dies with its worker is made again`() async throws {
        let cluster = try await Cluster()
        let dag = try await publish(cluster)
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        let worker = try cluster.startWorker()
        let run = try await cluster.finished(try await cluster.bundle.trigger(dag))
        try await cluster.until("the callback runs") { !self.calls(cluster).isEmpty }
        cluster.signal(worker, SIGKILL)
        try cluster.startWorker()
        cluster.letGo()
        try await expectSuccess(cluster, run, calls: 2)
        try await cluster.close()
    }
}
