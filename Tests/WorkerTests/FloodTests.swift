import Foundation
import Testing
import WorkerProtocol

/// Tasks that say more than anybody wants to hear: they wait or fail, the worker stays small, and the others go on.
@Suite(.timeLimit(.minutes(2)))
struct FloodTests {
    @Test(arguments: ["flood_reports", "flood_questions"])
    func `a task that floods the worker has to wait, and others run`(flood: String) async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startSignalling(flood)
        let before = bundle.peakMemory
        for _ in 0..<20 { #expect(await bundle.run("seven").output == "7") }
        #expect(bundle.peakMemory - before < 32 << 20)
        await bundle.leader.send(.cancel(spec.id, reason: "enough"))
        #expect(await bundle.leader.result(of: spec.id).failure?.cause == .cancelled)
        await bundle.close()
    }

    @Test func `a message that cannot be read ends its task with a sentence`() async throws {
        let bundle = try await WorkerBundle()
        let failure = await bundle.run("garbage").failure
        #expect(failure?.cause == .task)
        #expect(failure?.message.hasPrefix("a message of the task's process cannot be read: ") == true)
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `a frame that claims to be larger than allowed ends its task with a sentence`() async throws {
        let bundle = try await WorkerBundle()
        let before = bundle.peakMemory
        let failure = await bundle.run("giant").failure
        #expect(failure?.message == "the peer announced a frame of 134217727 bytes; at most 1048576 are accepted")
        #expect(bundle.peakMemory - before < 32 << 20)
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `a long reason is cut, and says how long it was`() async throws {
        let bundle = try await WorkerBundle()
        let message = try #require(await bundle.run("verbose").failure?.message)
        #expect(message.hasSuffix("… (300000 bytes)"))
        #expect(message.utf8.count < 17_000)
        await bundle.close()
    }

    @Test func `a report that is too long is dropped, and the log says so`() async throws {
        let bundle = try await WorkerBundle()
        let (result, log) = await bundle.log(of: "long_report")
        #expect(result.output == "")
        #expect(String(decoding: log, as: UTF8.self).hasPrefix("A report of progress was dropped: it has 100"))
        await bundle.close()
    }
}
