import DAGModel
import Foundation
import Store
import TestSupport
import Testing

/// PostgreSQL goes and comes back.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutageTests {
    @Test(arguments: [false, true])
    func `while PostgreSQL is away running tasks go on, and the run ends when it is back`(isCrash: Bool) async throws {
        let server = try await TestPostgres.start()
        let cluster = try await Cluster(lease: 4_000, server: server)
        let dag = try await cluster.publish()
        try cluster.startScheduler("a")
        _ = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.startHeld(dag)
        try await isCrash ? server.crash() : server.stop()
        let lines = cluster.witness.records.count
        // Longer than a lease in ticks of the bodies: nobody stops them.
        try await cluster.until("the bodies live on") { cluster.witness.records.count > lines + 3 * 250 }
        cluster.letGo()
        try await cluster.until("the bodies have ended") { cluster.witness.ended.count == 3 }
        try await server.startAgain()
        try await cluster.expectSuccess(of: run, attempts: 1)
        try await cluster.close()
        try await server.stop()
    }

    @Test func `a scheduler that finds no PostgreSQL waits for it`() async throws {
        let server = try await TestPostgres.start()
        let cluster = try await Cluster(server: server)
        let dag = try await cluster.publish()
        try await server.stop()
        let scheduler = try cluster.startScheduler("a")
        try cluster.startWorker()
        try await server.startAgain()
        _ = try await cluster.leader()
        #expect(scheduler.isRunning)
        cluster.letGo()
        let run = try await cluster.finished(try await cluster.bundle.trigger(dag))
        #expect(run.state == .success)
        try await cluster.close()
        try await server.stop()
    }
}
