import Foundation
import Testing
import WorkerProtocol

/// Each part of a worker is killed or frozen while a task runs that has put processes into the background: nothing is left running,
/// and no attempt is lost silently.
@Suite(.timeLimit(.minutes(2)))
struct LossTests {
    private static let sleepers = ["1000", "1001", "1002", "1003"]

    @Test func `SIGKILL of the supervisor leaves nothing running`() async throws {
        let bundle = try await WorkerBundle()
        _ = try await bundle.startSignalling("background")
        kill(bundle.worker.processIdentifier, SIGKILL)
        #expect(await bundle.processesAreGone())
        await bundle.close()
    }

    @Test func `a frozen supervisor leaves nothing running after the lease`() async throws {
        let bundle = try await WorkerBundle(heartbeat: 200, lease: 2_000)
        let spec = try await bundle.startSignalling("background")
        kill(bundle.worker.processIdentifier, SIGSTOP)
        #expect(await bundle.isGone(Self.sleepers))
        kill(bundle.worker.processIdentifier, SIGCONT)
        #expect(await bundle.leader.result(of: spec.id).failure?.cause == .infrastructure)
        // And it goes on.
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test(arguments: ["worker-launcher", "serve"])
    func `when a part is killed its attempts are lost and it is started again`(part: String) async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("background")
        kill(try #require(bundle.process(part)), SIGKILL)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .infrastructure)
        #expect(await bundle.isGone(Self.sleepers))
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `when a loaded runner is killed its attempts are lost and it is loaded again`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("background")
        let child = try #require(await bundle.pid(of: spec))
        kill(try #require(bundle.parent(of: child)), SIGKILL)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .infrastructure)
        #expect(await bundle.isGone(Self.sleepers))
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `supervisor and launcher killed at once leave nothing to the next worker`() async throws {
        let bundle = try await WorkerBundle()
        _ = try await bundle.startSignalling("background")
        let launcher = try #require(bundle.process("worker-launcher"))
        kill(launcher, SIGSTOP)
        kill(bundle.worker.processIdentifier, SIGKILL)
        kill(launcher, SIGKILL)
        await bundle.ended(bundle.worker)
        await bundle.leader.forget()
        try bundle.start(slots: 2)
        await bundle.greeted()
        #expect(await bundle.isGone(Self.sleepers))
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `a result is kept while the leader is away and reported to the next one`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.change { $0.acknowledges = false }
        let spec = bundle.spec("seven")
        await bundle.leader.dispatch(spec)
        let first = await bundle.leader.result(of: spec.id)
        await bundle.leader.leave()
        await bundle.leader.forget()
        try await bundle.leader.listen()
        let hello = await bundle.leader.hears { if case .hello = $0 { true } else { false } }
        guard case .hello(let greeting) = hello else { throw Unexpected(message: hello) }
        #expect(greeting.attempts == [spec.id])
        #expect(await bundle.leader.result(of: spec.id) == first)
        await bundle.leader.send(.acknowledge(spec.id))
        // What was acknowledged is forgotten.
        await bundle.leader.change { $0.acknowledges = true }
        _ = await bundle.run("seven")
        await bundle.close()
    }

    @Test func `a log that no leader says to keep is sent again to the next one, after the result too`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.change { $0.confirmsLogs = false }
        let (_, log) = await bundle.log(of: "print")
        await bundle.leader.leave()
        await bundle.leader.forgetAll()
        await bundle.leader.change { $0.confirmsLogs = true }
        try await bundle.leader.listen()
        let last = await bundle.leader.hears { if case .log(_, _, _, _, true) = $0 { true } else { false } }
        guard case .log(let id, _, _, _, _) = last else { throw Unexpected(message: last) }
        #expect(await bundle.leader.logs[id] == log)
        // What is kept is forgotten. That it is kept was said before the next attempt was ordered.
        _ = await bundle.log(of: "print")
        await bundle.leader.leave()
        await bundle.leader.forgetAll()
        try await bundle.leader.listen()
        await bundle.greeted()
        _ = await bundle.log(of: "print")
        #expect(await bundle.leader.logs[id] == nil)
        await bundle.close()
    }

    @Test func `a task goes on while the leader is away for less than a lease`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("patient")
        await bundle.leader.leave()
        await bundle.leader.forget()
        try await bundle.leader.listen()
        let started = await bundle.leader.hears { if case .started = $0 { true } else { false } }
        guard case .started(spec.id, _, _) = started else { throw Unexpected(message: started) }
        await bundle.leader.send(.cancel(spec.id, reason: "seen enough"))
        #expect(await bundle.leader.result(of: spec.id).failure == AttemptFailure(.cancelled, "seen enough"))
        await bundle.close()
    }

    @Test func `without a word from the leader for a lease the worker stops its attempts itself`() async throws {
        let bundle = try await WorkerBundle(heartbeat: 100, lease: 1_000)
        let spec = try await bundle.startSignalling("background")
        await bundle.leader.leave()
        #expect(await bundle.isGone(Self.sleepers))
        await bundle.leader.forget()
        try await bundle.leader.listen()
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .infrastructure)
        #expect(
            failure?.message
                == "the worker heard nothing from the leader for 0.75 s and stopped the attempt itself")
        await bundle.close()
    }

    @Test func `a leader that says hold keeps the attempts`() async throws {
        let bundle = try await WorkerBundle(heartbeat: 50, lease: 400)
        let spec = try await bundle.startSignalling("patient")
        await bundle.leader.change { $0.holds = true }
        await bundle.leader.forget()
        // Three leases of heartbeats that were answered with hold.
        _ = await bundle.leader.heartbeats(24)
        await bundle.leader.change { $0.holds = false }
        await bundle.leader.send(.cancel(spec.id, reason: "held"))
        #expect(await bundle.leader.result(of: spec.id).failure == AttemptFailure(.cancelled, "held"))
        await bundle.close()
    }

    @Test func `a revoked attempt is stopped`() async throws {
        let bundle = try await WorkerBundle(heartbeat: 50)
        let spec = try await bundle.startSignalling("background")
        await bundle.leader.change { $0.revoked = [spec.id] }
        #expect(await bundle.isGone(Self.sleepers))
        #expect(await bundle.leader.result(of: spec.id).failure?.message == "the leader has revoked the attempt")
        await bundle.leader.change { $0.revoked = [] }
        await bundle.close()
    }

    @Test func `the same dispatch again starts nothing`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("patient")
        await bundle.leader.dispatch(spec)
        #expect(await bundle.run("seven").output == "7")
        let started = await bundle.leader.heard.filter { if case .started(spec.id, _, _) = $0 { true } else { false } }
        #expect(started.count == 1)
        await bundle.leader.send(.cancel(spec.id, reason: "done"))
        _ = await bundle.leader.result(of: spec.id)
        await bundle.close()
    }
}
