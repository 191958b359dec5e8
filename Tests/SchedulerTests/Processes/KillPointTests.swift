import DAGModel
import Foundation
import Store
import Testing

/// Parts of a worker are killed and frozen while tasks run: no task is lost, none runs twice at once, each has one result, and nothing is
/// left running.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct KillPointTests {
    enum Part: String, CaseIterable {
        case supervisor
        case launcher = "worker-launcher"
        case runner = "serve"
        case host = "worker-host"
        case task
    }

    /// The parts that the supervisor watches.
    static let watched: [Part] = [.launcher, .runner, .host]

    @Test(arguments: Part.allCases)
    func `a part that is killed costs attempts, never tasks`(part: Part) async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish(retries: 1, hosted: true)
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        let worker = try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        let victim =
            part == .task ? cluster.witness.pids("held1").first.map(pid_t.init) : pid(of: part, worker, cluster)
        kill(try #require(victim), SIGKILL)
        if part == .supervisor {
            worker.waitUntilExit()
            try cluster.startWorker()
        }
        try await letGo(cluster, afterLosing: part)
        try await cluster.expectSuccess(of: run)
        try await cluster.close()
    }

    /// Lets the tasks end once those that went with the part run again: what one writes in the moment before it is stopped would count as
    /// a second end.
    private func letGo(_ cluster: Cluster, afterLosing part: Part) async throws {
        let lost: Set<String> =
            switch part {
            case .supervisor, .launcher: cluster.held
            case .runner: cluster.held.subtracting(["shell"])
            case .host: ["shell"]
            case .task: ["held1"]
            }
        try await cluster.until("what was lost runs again") {
            let witness = cluster.witness
            return lost.allSatisfy { witness.pids($0).count == 2 }
        }
        cluster.letGo()
    }

    private func pid(of part: Part, _ worker: Process, _ cluster: Cluster) -> pid_t? {
        part == .supervisor ? worker.processIdentifier : cluster.process(part.rawValue)
    }

    @Test(arguments: watched)
    func `a part that stands still for a while costs no task, whatever it costs`(part: Part) async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish(retries: 1, hosted: true)
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        let victim = try #require(cluster.process(part.rawValue))
        kill(victim, SIGSTOP)
        cluster.letGo()
        try await cluster.until("the closures have ended") { cluster.witness.ended.contains("held0") }
        kill(victim, SIGCONT)
        try await cluster.expectSuccess(of: run)
        try await cluster.close()
    }

    @Test(arguments: watched)
    func `a part that stands still for good is killed, and its tasks run again`(part: Part) async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish(retries: 1, hosted: true)
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        let victim = try #require(cluster.process(part.rawValue))
        kill(victim, SIGSTOP)
        try await cluster.until("the frozen part is gone") { !cluster.processes.contains(victim) }
        try await letGo(cluster, afterLosing: part)
        try await cluster.expectSuccess(of: run)
        // The parts that answer are left alone, and the launcher takes all others with it.
        #expect(cluster.witness.pids("held0").count == (part == .host ? 1 : 2))
        #expect(cluster.witness.pids("shell").count == (part == .runner ? 1 : 2))
        try await cluster.close()
    }

    @Test func `the tasks of a frozen supervisor are stopped in time and run elsewhere`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish()
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        let worker = try cluster.startWorker("first")
        let run = try await cluster.startHeld(dag)
        try cluster.startWorker("second")
        cluster.signal(worker, SIGSTOP)
        try await cluster.until("the tasks have begun elsewhere") {
            ["held0", "held1", "held2"].allSatisfy { cluster.witness.pids($0).count == 2 }
        }
        cluster.signal(worker, SIGCONT)
        cluster.letGo()
        try await cluster.expectSuccess(of: run, attempts: nil)
        try await cluster.close()
    }

    @Test func `a frozen task is ended by its time limit and tried again`() async throws {
        let cluster = try await Cluster()
        let dag = try await cluster.publish(executionTimeout: ".seconds(3)", retries: 1)
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        let frozen = try #require(cluster.witness.pids("held0").first)
        kill(pid_t(frozen), SIGSTOP)
        cluster.letGo()
        try await cluster.expectSuccess(of: run)
        #expect(cluster.witness.pids("held0").count == 2)
        try await cluster.close()
    }

    @Test func `leader and worker killed at once lose nothing`() async throws {
        let cluster = try await Cluster(lease: 1_000)
        let dag = try await cluster.publish()
        try cluster.startScheduler("a")
        let first = try await cluster.leader()
        let worker = try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        cluster.signal(worker, SIGKILL)
        cluster.signal(cluster.schedulers["a"], SIGKILL)
        try cluster.startScheduler("b")
        _ = try await cluster.leader(after: first.epoch)
        try cluster.startWorker()
        cluster.letGo()
        try await cluster.expectSuccess(of: run)
        try await cluster.close()
    }
}
