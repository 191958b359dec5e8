import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Testing

/// Two schedulers, of which one leads.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct FailoverTests {
    @Test func `when the leader is killed the other takes over, and what runs goes on and is kept`() async throws {
        let cluster = try await Cluster(lease: 20_000)
        let dag = try await cluster.publish()
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        cluster.signal(cluster.schedulers[first.name], SIGKILL)
        // What the bodies say and how they end while nobody leads arrives at the next leader.
        cluster.letGo()
        let second = try await cluster.leader(after: first.epoch)
        #expect(second.name != first.name)
        try await cluster.expectSuccess(of: run, attempts: 1)
        try await expectLogs(cluster, run)
        try await cluster.close()
    }

    @Test func `logs that a leader could not write are with the next one, also of tasks that ended`() async throws {
        let cluster = try await Cluster(lease: 20_000)
        let dag = try await cluster.publish()
        try cluster.startScheduler("a", logs: "lost")
        let first = try await cluster.leader()
        try cluster.startWorker()
        // From now on it cannot write.
        try FileManager.default.removeItem(atPath: cluster.file("lost"))
        let run = try await cluster.startHeld(dag)
        cluster.letGo()
        try await cluster.expectSuccess(of: run, attempts: 1)
        cluster.signal(cluster.schedulers[first.name], SIGKILL)
        try cluster.startScheduler("b")
        _ = try await cluster.leader(after: first.epoch)
        try await expectLogs(cluster, run)
        try await cluster.close()
    }

    private func expectLogs(_ cluster: Cluster, _ run: RunRecord) async throws {
        let logs = try FileLogStore(folder: cluster.file("logs"), log: Logger(label: "logs"))
        for task in ["held0", "held1", "held2"] {
            let attempt = try #require(try await cluster.store.attempts(run: run.id, taskID: task, mapIndex: -1).first)
            try await cluster.until("the log of \(task) is complete") {
                try await logs.read(attempt: attempt.id, from: 0, limit: 10_000).isComplete
            }
            let log = try await logs.read(attempt: attempt.id, from: 0, limit: 10_000)
            #expect(String(decoding: log.bytes, as: UTF8.self) == "waiting\ngoing on\n")
        }
    }

    @Test func `a leader that was frozen past its lease is fenced, and stands by`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish()
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        cluster.signal(cluster.schedulers[first.name], SIGSTOP)
        let second = try await cluster.leader(after: first.epoch)
        #expect(second.name != first.name)
        cluster.signal(cluster.schedulers[first.name], SIGCONT)
        cluster.letGo()
        try await cluster.expectSuccess(of: run)
        // It is alive and takes over in its turn.
        cluster.signal(cluster.schedulers[second.name], SIGKILL)
        #expect(try await cluster.leader(after: second.epoch).name == first.name)
        let again = try await cluster.finished(try await cluster.bundle.trigger(dag, "again"))
        #expect(again.state == .success)
        try await cluster.close()
    }

    @Test func `a worker without attempts leaves a leader that hangs`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish()
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        try cluster.startWorker()
        cluster.letGo()
        let before = try await cluster.finished(try await cluster.bundle.trigger(dag, "before"))
        #expect(before.state == .success)
        cluster.signal(cluster.schedulers[first.name], SIGSTOP)
        _ = try await cluster.leader(after: first.epoch)
        let after = try await cluster.finished(try await cluster.bundle.trigger(dag, "after"))
        #expect(after.state == .success)
        try await cluster.close()
    }

    @Test func `a leader that is stopped hands over at once`() async throws {
        let cluster = try await Cluster(leaderLease: 30_000)
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        cluster.schedulers[first.name]?.terminate()
        #expect(try await cluster.leader(after: first.epoch).name != first.name)
        try await cluster.close()
    }
}
