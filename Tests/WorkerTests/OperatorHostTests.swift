import Foundation
import Testing
import WorkerProtocol

@Suite(.timeLimit(.minutes(2)))
struct OperatorHostTests {
    @Test func `a program's output is the log and its last line the value`() async throws {
        let bundle = try await WorkerBundle()
        let spec = bundle.shell("echo one; echo warning >&2; echo two")
        await bundle.leader.dispatch(spec)
        let result = await bundle.leader.result(of: spec.id)
        #expect(result.output == "\"two\"")
        #expect(result.usage.cpu > 0 && result.usage.maxResidentKiB > 0)
        let log = String(decoding: await bundle.leader.completeLog(of: spec.id), as: UTF8.self)
        #expect(Set(log.split(separator: "\n")) == ["one", "two", "warning"])
        await bundle.close()
    }

    @Test func `a program's failure has its exit code, and a program that does not exist a sentence`() async throws {
        let bundle = try await WorkerBundle()
        let failing = bundle.shell("exit 7")
        await bundle.leader.dispatch(failing)
        let failure = await bundle.leader.result(of: failing.id).failure
        #expect(failure == AttemptFailure(.task, "bash ended with exit code 7; its log tells more", exitCode: 7))
        let skipping = bundle.shell("exit 99")
        await bundle.leader.dispatch(skipping)
        #expect(
            await bundle.leader.result(of: skipping.id).outcome
                == .skipped(reason: "the command ended with exit code 99"))
        await bundle.close()
    }

    @Test func `a program sees what its template and its environment say, and no secret of the worker`() async throws {
        let bundle = try await WorkerBundle()
        let spec = bundle.shell("env | grep -c SLIPSTREAM_TOKEN; echo $SLIPSTREAM_RUN_ID")
        await bundle.leader.dispatch(spec)
        #expect(await bundle.leader.result(of: spec.id).output == "\"run 1\"")
        #expect(String(decoding: await bundle.leader.completeLog(of: spec.id), as: UTF8.self) == "0\nrun 1\n")
        await bundle.close()
    }

    @Test func `a cancelled program is stopped with all that it has started`() async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startShell("sleep 1000 & setsid sleep 1001 & wait")
        await bundle.leader.send(.cancel(spec.id, reason: "enough"))
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .cancelled)
        #expect(failure?.message == "enough")
        #expect(await bundle.isGone(["1000", "1001"]))
        await bundle.close()
    }

    @Test func `programs take slots, in turn`() async throws {
        let bundle = try await WorkerBundle(slots: 1)
        let first = try await bundle.startShell("sleep 1000")
        let second = bundle.shell("echo later")
        await bundle.leader.dispatch(second)
        let third = bundle.spec("seven")
        await bundle.leader.dispatch(third)
        await bundle.leader.send(.cancel(first.id, reason: "make room"))
        #expect(await bundle.leader.result(of: second.id).output == "\"later\"")
        #expect(await bundle.leader.result(of: third.id).output == "7")
        await bundle.close()
    }

    @Test(arguments: ["worker-host", "worker-launcher"])
    func `when the operator host or the launcher is killed, its programs end and its attempts are lost`(
        part: String
    ) async throws {
        let bundle = try await WorkerBundle()
        let spec = try await bundle.startShell("sleep 1000 & setsid sh -c 'sleep 1001 & wait' & wait")
        kill(try #require(bundle.process(part)), SIGKILL)
        let failure = await bundle.leader.result(of: spec.id).failure
        #expect(failure?.cause == .infrastructure)
        #expect(await bundle.isGone(["1000", "1001"]))
        let next = bundle.shell("echo again")
        await bundle.leader.dispatch(next)
        #expect(await bundle.leader.result(of: next.id).output == "\"again\"")
        await bundle.close()
    }

    @Test func `SIGKILL or SIGSTOP of the supervisor leaves no program running`() async throws {
        for signal in [SIGKILL, SIGSTOP] {
            let bundle = try await WorkerBundle(heartbeat: 200, lease: 2_000)
            _ = try await bundle.startShell("sleep 1000 & setsid sh -c 'sleep 1001 & wait' & wait")
            kill(bundle.worker.processIdentifier, signal)
            #expect(await bundle.isGone(["1000", "1001"]))
            kill(bundle.worker.processIdentifier, SIGKILL)
            await bundle.ended(bundle.worker)
            await bundle.close()
        }
    }

    @Test func `100 MB of output are in the log and harm neither supervisor nor host`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.change { $0.keepsLogs = false }
        let spec = bundle.shell("head -c 104857600 /dev/zero | tr '\\0' 'a' | fold -w 1000; echo; echo end")
        await bundle.leader.dispatch(spec)
        #expect(await bundle.leader.result(of: spec.id).output == "\"end\"")
        _ = await bundle.leader.completeLog(of: spec.id)
        #expect(await bundle.leader.logBytes[spec.id] ?? 0 > 104_857_600)
        #expect(bundle.peakMemory < 120 << 20, "the supervisor has used \(bundle.peakMemory >> 20) MiB")
        await bundle.close()
    }
}

extension WorkerBundle {
    func shell(_ command: String) -> AttemptSpec {
        let fields = ["command": command]
        let json = (try? JSONEncoder().encode(fields)) ?? Data()
        let text = String(decoding: json.dropLast(), as: UTF8.self) + #","env":{},"skipOnExitCode":99}"#
        return spec("shell", work: .builtIn(type: "shell", fields: Array(text.utf8)))
    }

    /// Starts a command, and returns when it has begun.
    func startShell(_ command: String) async throws -> AttemptSpec {
        let fifo = "\(folder)/fifo-\(UUID().uuidString)"
        mkfifo(fifo, 0o600)
        let spec = shell("echo x > \(fifo); \(command)")
        await leader.dispatch(spec)
        try await waitForByte(from: fifo)
        return spec
    }
}
