import DAGModel
import HTTPClient
import Testing

/// Answers that go on while something happens, over a real socket.
@Suite struct StreamTests {
    private static let path = "/api/v2/dags/gw_training/dagRuns/r1"

    private func with(_ body: (APIBundle, _ run: Int64, LiveAPI) async throws -> Void) async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        try await LiveAPI.with(bundle) { try await body(bundle, run, $0) }
    }

    @Test func `waiting streams each change until the run has ended`() async throws {
        try await with { bundle, run, live in
            async let stream = live.get("\(Self.path)/wait?interval=0.05")
            try await bundle.setInstance(run, "train", .running)
            try await bundle.setInstance(run, "train", .failed, reason: "exit code 1")
            try await bundle.setRun(run, .failed)
            let lines = try await stream.text.split(separator: "\n").map { line in
                var reader = JSONReader(String(line))
                return reader.read() ?? .null
            }
            #expect(lines.last?["state"]?.stringValue == "failed")
            let tasks = lines.flatMap { $0["tasks"]?.list ?? [] }
            #expect(tasks.last?["states"] == .object(["failed": .int(1)]))
            #expect(tasks.last?["reason"]?.stringValue == "exit code 1")
        }
    }

    @Test func `a log comes as JSON, as lines and as bytes`() async throws {
        try await with { bundle, run, live in
            try await bundle.addAttempt(7, run, "train", tryNumber: 1, .failed)
            try await bundle.setInstance(run, "train", .failed)
            bundle.logs.write("epoch 1\nepoch 2 \u{1F30D}\nlast", attempt: 7, isComplete: true)
            let path = "\(Self.path)/taskInstances/train/logs/1"
            var reader = JSONReader(try await live.get(path).text)
            let content = reader.read()?["content"]?.list ?? []
            #expect(content.map { $0["event"]?.stringValue } == ["epoch 1", "epoch 2 \u{1F30D}", "last"])
            #expect(try await live.get(path, accept: "text/plain").text == "epoch 1\nepoch 2 \u{1F30D}\nlast")
            #expect(try await live.get(path, accept: "application/x-ndjson").text.split(separator: "\n").count == 3)
            #expect(try await live.get(path, accept: "image/png").status == 406)
            #expect(try await live.get("\(Self.path)/taskInstances/train/logs/2").status == 404)
        }
    }

    @Test func `following a log goes on until the task ends`() async throws {
        try await with { bundle, run, live in
            try await bundle.setInstance(run, "train", .running, attempt: 7)
            bundle.logs.write("first\n", attempt: 7)
            async let log = live.get("\(Self.path)/taskInstances/train/logs/0?follow=true", accept: "text/plain")
            bundle.logs.write("second\n", attempt: 7)
            bundle.logs.write("third\n", attempt: 7, isComplete: true)
            try await bundle.addAttempt(7, run, "train", tryNumber: 1, .success)
            try await bundle.setInstance(run, "train", .success)
            #expect(try await log.text == "first\nsecond\nthird\n")
        }
    }

    @Test func `a server that stops ends its streams`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        try await bundle.trigger("gw_training", "r1")
        var stream: Task<Int, any Error>?
        try await LiveAPI.with(bundle) { live in
            let (firstLines, told) = AsyncStream.makeStream(of: Void.self)
            stream = Task { try await live.wait("\(Self.path)/wait?interval=0.05") { told.yield() } }
            var iterator = firstLines.makeAsyncIterator()
            await iterator.next()
        }
        #expect(try await stream?.value == 200)
    }
}
