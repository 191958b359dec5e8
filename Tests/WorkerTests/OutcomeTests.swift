import DAGModel
import Foundation
import Testing
import WorkerProtocol

@Suite(.timeLimit(.minutes(2)))
struct OutcomeTests {
    @Test func `author code runs in a process of its own and returns its value`() async throws {
        let bundle = try await WorkerBundle()
        #expect(await bundle.run("empty").outcome == .success(output: []))
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `inputs, elements and parameters reach the body`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.answer(.output(task: "seven"), with: .value(Array("7".utf8)))
        await bundle.leader.answer(.element(task: "list", index: 2), with: .value(Array("30".utf8)))
        #expect(await bundle.run("add").output == "8")
        #expect(await bundle.run("double", mapIndex: 2).output == "69")
        #expect(await bundle.run("params").output == "\"moin\"")
        await bundle.close()
    }

    @Test func `an attempt tells what it used and when`() async throws {
        let bundle = try await WorkerBundle()
        let before = Int64(Date().timeIntervalSince1970 * 1e6)
        let usage = await bundle.run("sleep").usage
        #expect(usage.startedAt >= before)
        #expect(usage.endedAt - usage.startedAt >= 20_000)
        #expect(usage.cpu > 0)
        #expect(usage.maxResidentKiB > 1_000)
        await bundle.close()
    }

    @Test func `a thrown error is the task's failure, SkipTask skips, FailTask asks for no retry`() async throws {
        let bundle = try await WorkerBundle()
        #expect(
            await bundle.run("throw").failure == AttemptFailure(.task, "the disk is full of cats", errorType: "Oops"))
        #expect(await bundle.run("skip").outcome == .skipped(reason: "nothing to do on Sundays"))
        #expect(await bundle.run("fail").failure == AttemptFailure(.final, "the model is not a model"))
        await bundle.close()
    }

    @Test func `a trap, a crash and an exit each have their sentence`() async throws {
        let bundle = try await WorkerBundle()
        let trap = await bundle.log(of: "trap")
        #expect(trap.result.failure?.signal == Int(SIGILL))
        #expect(
            trap.result.failure?.message == "the task's process trapped (signal 4, Illegal instruction): see its log")
        #expect(String(decoding: trap.log, as: UTF8.self).contains("about to trap"))
        let exit = await bundle.run("exit").failure
        #expect(
            exit == AttemptFailure(.task, "the task's process exited with code 3 before it had a result", exitCode: 3))
        #expect(await bundle.run("abort").failure?.signal == Int(SIGABRT))
        #expect(await bundle.run("overflow").failure?.signal == Int(SIGSEGV))
        // What one attempt did to its process is nothing to the next.
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `code of the main actor, sleeping and detached tasks work in a body`() async throws {
        let bundle = try await WorkerBundle()
        #expect(await bundle.run("main_actor").output == "42")
        #expect(await bundle.run("sleep").output == "1")
        #expect(await bundle.run("detached").output == "211")
        await bundle.close()
    }

    @Test func `an output above 64 KiB is kept part by part before the result tells of it`() async throws {
        let bundle = try await WorkerBundle()
        let (output, parts) = LargeOutput.cut(Array("\"\(String(repeating: "a", count: 150_000))\"".utf8))
        await bundle.leader.answer(.keepOutput(output), with: .value([]))
        for part in parts { await bundle.leader.answer(.keepPart(part), with: .value([])) }
        #expect(await bundle.run("large").outcome == .kept(output))
        let asked = await bundle.leader.heard.compactMap { message -> Query? in
            if case .query(_, _, _, let query) = message { query } else { nil }
        }
        #expect(
            asked.filter { if case .artifact = $0 { false } else { true } } == [.keepOutput(output)]
                + parts.map(Query.keepPart))
        await bundle.close()
    }

    @Test func `an output that the leader refuses fails the task for good`() async throws {
        let bundle = try await WorkerBundle()
        let (output, parts) = LargeOutput.cut(Array("\"\(String(repeating: "a", count: 150_000))\"".utf8))
        await bundle.leader.answer(.keepOutput(output), with: .refused("it is too large"))
        #expect(await bundle.run("large").failure == AttemptFailure(.final, "it is too large"))
        // What could not be stored this time may be another time.
        await bundle.leader.answer(.keepOutput(output), with: .value([]))
        await bundle.leader.answer(.keepPart(parts[0]), with: .value([]))
        await bundle.leader.answer(.keepPart(parts[1]), with: .failed("the store is away"))
        #expect(
            await bundle.run("large").failure
                == AttemptFailure(.task, "the store is away", errorType: "AnswerFailed"))
        await bundle.close()
    }

    @Test func `an input that the leader does not have fails the attempt`() async throws {
        let bundle = try await WorkerBundle()
        let spec = bundle.spec("add")
        await bundle.leader.answer(.output(task: "seven"), with: .refused("task seven has left no output"))
        await bundle.leader.dispatch(spec)
        #expect(
            await bundle.leader.result(of: spec.id).failure == AttemptFailure(.final, "task seven has left no output"))
        await bundle.close()
    }

    @Test func `a file that describes another graph than at its deployment is refused`() async throws {
        let bundle = try await WorkerBundle()
        var spec = bundle.spec("seven")
        spec.documentHash = "0000000000000000"
        await bundle.leader.dispatch(spec)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .final)
        #expect(failure?.message.contains("another graph") == true)
        await bundle.close()
    }

    @Test func `helper files are unpacked once and are the working directory`() async throws {
        let bundle = try await WorkerBundle()
        let archive = try TestArchive(files: ["jobs/train.py": "print(1)\n"])
        await bundle.leader.answer(.artifact(archive.hash), with: .value(archive.bytes))
        let spec = bundle.spec("folder", files: archive.hash)
        await bundle.leader.dispatch(spec)
        let folder = "\(bundle.folder)/data/artifacts/\(archive.hash)"
        let output = try #require(await bundle.leader.result(of: spec.id).output)
        #expect(try JSONDecoder().decode([String].self, from: Data(output.utf8)) == [folder, folder])
        #expect(try String(contentsOfFile: "\(folder)/jobs/train.py", encoding: .utf8) == "print(1)\n")
        await bundle.close()
    }

    @Test func `an artifact that is not what its hash says is refused`() async throws {
        let bundle = try await WorkerBundle()
        var spec = bundle.spec("seven")
        spec.artifact = String(repeating: "a", count: 64)
        await bundle.leader.answer(.artifact(spec.artifact), with: .value([1, 2, 3]))
        await bundle.leader.dispatch(spec)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .infrastructure)
        #expect(failure?.message.contains("the leader sent 3 bytes with the SHA-256") == true)
        await bundle.close()
    }
}
