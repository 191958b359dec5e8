import Foundation
import Testing
import WorkerProtocol

@Suite(.timeLimit(.minutes(5)))
struct LogTests {
    @Test func `what a body prints is its log`() async throws {
        let bundle = try await WorkerBundle()
        let (_, log) = await bundle.log(of: "print")
        #expect(String(decoding: log, as: UTF8.self) == "first line\nsecond line\n")
        await bundle.close()
    }

    @Test func `the log is there while the task runs`() async throws {
        let bundle = try await WorkerBundle()
        let spec = bundle.spec("live")
        let fifo = "\(bundle.folder)/fifo"
        mkfifo(fifo, 0o600)
        await bundle.leader.answer(.variable("fifo"), with: .value(Array(fifo.utf8)))
        await bundle.leader.dispatch(spec)
        // The body waits for a reader of the FIFO.
        let message = await bundle.leader.hears { if case .log = $0 { true } else { false } }
        guard case .log(spec.id, _, 0, let bytes, false) = message else { throw Unexpected(message: message) }
        #expect(bytes == Array("before\n".utf8))
        try await bundle.waitForByte(from: fifo)
        #expect(await bundle.leader.result(of: spec.id).output == "")
        await bundle.close()
    }

    @Test func `bytes stay as they are`() async throws {
        let bundle = try await WorkerBundle()
        let (result, log) = await bundle.log(of: "binary")
        #expect(result.output == "")
        #expect(log == (0..<1_024).map { UInt8(truncatingIfNeeded: $0) })
        await bundle.close()
    }

    @Test func `a body may close its output`() async throws {
        let bundle = try await WorkerBundle()
        let (result, log) = await bundle.log(of: "close_output")
        #expect(result.output == "")
        #expect(String(decoding: log, as: UTF8.self) == "seen\n")
        await bundle.close()
    }

    @Test func `a background process that holds the pipe open delays nothing and is ended`() async throws {
        let bundle = try await WorkerBundle()
        let (result, log) = await bundle.log(of: "daemon")
        #expect(result.output == "1")
        #expect(String(decoding: log, as: UTF8.self) == "started\n")
        // Left alone, the worker ends what the attempt left behind.
        let deadline = ContinuousClock.now + .seconds(10)
        while bundle.process("1000") != nil, ContinuousClock.now < deadline {
            await bundle.waitForEnd(of: bundle.process("1000"))
        }
        #expect(bundle.process("1000") == nil)
        await bundle.close()
    }

    @Test func `a line of 100 MB and a log of 1 GB do no harm`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.change { $0.keepsLogs = false }
        for (task, size) in [("long_line", Int64(100) << 20), ("gigabyte", Int64(1) << 30)] {
            let spec = bundle.spec(task)
            await bundle.leader.dispatch(spec)
            #expect(await bundle.leader.result(of: spec.id).output == "")
            _ = await bundle.leader.completeLog(of: spec.id)
            #expect(await bundle.leader.logBytes[spec.id] == size)
        }
        #expect(bundle.peakMemory < 120 << 20, "the supervisor has used \(bundle.peakMemory >> 20) MiB")
        await bundle.close()
    }

    @Test func `a task whose leader is away waits with its output`() async throws {
        let bundle = try await WorkerBundle(heartbeat: 100)
        await bundle.leader.change { $0.keepsLogs = false }
        await bundle.leader.change { $0.confirmsLogs = false }
        let spec = bundle.spec("long_line")
        await bundle.leader.dispatch(spec)
        _ = await bundle.leader.hears { if case .started = $0 { true } else { false } }
        await bundle.leader.leave()
        await bundle.leader.forget()
        await bundle.leader.change { $0.confirmsLogs = true }
        try await bundle.leader.listen()
        #expect(await bundle.leader.result(of: spec.id).output == "")
        _ = await bundle.leader.completeLog(of: spec.id)
        #expect(await bundle.leader.logBytes[spec.id] == 100 << 20)
        await bundle.close()
    }

    @Test func `a secret is masked, also where it is split across writes`() async throws {
        let bundle = try await WorkerBundle()
        let connection = #"{"connection_id":"minio","conn_type":"aws","password":"correct horse","extra":{}}"#
        await bundle.leader.answer(.connection("minio"), with: .value(Array(connection.utf8)))
        let (result, log) = await bundle.log(of: "connection")
        #expect(result.failure?.message == "could not log in with ***")
        let text = String(decoding: log, as: UTF8.self)
        #expect(text == "password=***\nThe attempt failed: could not log in with ***\n")
        await bundle.close()
    }
}

struct Unexpected: Error { let message: WorkerMessage }
