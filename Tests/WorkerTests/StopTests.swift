import Foundation
import Testing
import WorkerProtocol

@Suite(.timeLimit(.minutes(2)))
struct StopTests {
    @Test func `a cancelled body sees the cancellation and may clean up`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("patient")
        await bundle.leader.send(.cancel(spec.id, reason: "ada has cancelled the run"))
        #expect(
            await bundle.leader.result(of: spec.id).failure == AttemptFailure(.cancelled, "ada has cancelled the run"))
        #expect(
            String(decoding: await bundle.leader.completeLog(of: spec.id), as: UTF8.self).hasPrefix("cleaning up\n"))
        await bundle.close()
    }

    @Test func `a body that does not listen is killed after the grace period`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("stubborn")
        await bundle.leader.send(.cancel(spec.id, reason: "enough"))
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure == AttemptFailure(.cancelled, "enough", signal: Int(SIGKILL)))
        await bundle.close()
    }

    @Test func `an attempt over its execution timeout is stopped`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("patient", timeout: 0.3)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure == AttemptFailure(.timeout, "the attempt ran longer than its execution timeout of 0.3 s"))
        await bundle.close()
    }

    @Test func `what a killed task has started in the background goes with it`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("background")
        let pid = try #require(await bundle.pid(of: spec))
        kill(pid, SIGKILL)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure == AttemptFailure(.task, "the task's process was ended by signal 9, Killed", signal: 9))
        #expect(await bundle.isGone(["1000", "1001", "1002", "1003"]))
        await bundle.close()
    }

    @Test func `more attempts than slots wait for their turn`() async throws {
        let bundle = try await WorkerBundle(slots: 1)
        let first = try await bundle.startSignalling("patient")
        let second = bundle.spec("seven")
        await bundle.leader.dispatch(second)
        await bundle.leader.send(.cancel(first.id, reason: "next"))
        #expect(await bundle.leader.result(of: second.id).output == "7")
        let order = await bundle.leader.heard.compactMap {
            if case .result(let result) = $0 { result.attempt } else { nil }
        }
        #expect(order == [first.id, second.id])
        await bundle.close()
    }

    @Test func `an attempt that waits for a slot can be cancelled`() async throws {
        let bundle = try await WorkerBundle(slots: 1)
        let first = try await bundle.startSignalling("patient")
        let second = bundle.spec("seven")
        await bundle.leader.dispatch(second)
        await bundle.leader.send(.cancel(second.id, reason: "not needed"))
        #expect(await bundle.leader.result(of: second.id).failure == AttemptFailure(.cancelled, "not needed"))
        await bundle.leader.send(.cancel(first.id, reason: "done"))
        _ = await bundle.leader.result(of: first.id)
        await bundle.close()
    }

    @Test func `a worker that is told to stop hands over what it has and leaves nothing`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling("wait")
        _ = await bundle.leader.result(of: spec.id)
        kill(bundle.worker.processIdentifier, SIGTERM)
        _ = await bundle.leader.hears { if case .draining = $0 { true } else { false } }
        await bundle.ended(bundle.worker)
        #expect(bundle.worker.terminationStatus == 0)
        await bundle.close()
    }
}
