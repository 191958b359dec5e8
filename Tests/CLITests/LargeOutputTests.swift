import Foundation
import Supervision
import TestServers
import Testing

/// Outputs above 64 KiB through `dagctl`, in the database and in a real S3 server.
@Suite(.enabled(if: TestTools.areInstalled, "the S3 test servers are not installed: run scripts/test-tools.sh"))
struct LargeOutputTests {
    private static let dag = """
        import DAGKit

        @main
        struct Large: DAG {
            func body() {
                let rows = task("rows") { _ in (0..<20_000).map { "row \\($0)" } }
                let text = task("text") { _ in String(repeating: "x", count: 1_000_000) }
                let numbers = task("numbers", Python("numbers.py", returning: [Int].self))
                task("whole", rows, text, numbers) { _, rows, text, numbers in rows.count + text.count + numbers.count }
                task("lazy", rows.lazy, numbers.lazy) { _, rows, numbers in
                    try await "\\(rows.element(19_999)) \\(rows.count()) \\(numbers.element(49_999))"
                }
                task("small") { _ in [1, 2] }
            }
        }
        """
    private static let script = """
        import json, os
        json.dump(list(range(50000)), open(os.environ["SLIPSTREAM_RESULT"], "w"))
        """

    private func bundle(in folder: TestFolder) throws -> String {
        try FileManager.default.createDirectory(atPath: folder.path + "/dags", withIntermediateDirectories: true)
        try Self.dag.write(toFile: folder.path + "/dags/large.swift", atomically: true, encoding: .utf8)
        try Self.script.write(toFile: folder.path + "/dags/numbers.py", atomically: true, encoding: .utf8)
        return folder.path + "/dags"
    }

    @Test func `large outputs are moved to S3, shown by size and checksum, and their loss is a clear failure`()
        async throws
    {
        let folder = try TestFolder()
        let s3 = try await S3TestServer.rclone(on: CLI.loop)
        let server = try await Standalone(
            [
                "--bundle", try bundle(in: folder), "--outputs", "s3://bucket/outputs", "--outputs-connection", "minio",
                "--max-output", "2",
            ], in: folder)
        let added = try await server.cli(
            "connections", "add", "minio", "--type", "aws", "--login", S3TestServer.accessKey, "--password-stdin",
            "--extra", "{\"endpoint_url\": \"\(s3.endpoint)\"}", input: S3TestServer.secretKey)
        #expect(added.code == 0, "\(added.text)")
        try await server.built()
        let run = try await server.cli("trigger", "large", "--run-id", "one", "--follow")
        #expect(run.code == 0, "\(run.text)")
        let lazy = try await server.cli("tasks", "output", "large/one", "lazy")
        #expect(lazy.output == "\"row 19999 20000 49999\"\n")

        var shown = ""
        for _ in 0..<600 where !shown.contains("s3://") {
            shown = try await server.cli("tasks", "output", "large/one", "text").output
            try await CLI.loop.sleep(for: .milliseconds(50))
        }
        #expect(shown.contains("Size     1000002 bytes of JSON\n"), "\(shown)")
        #expect(shown.contains("Kept at  s3://bucket/outputs/large/text/"), "\(shown)")
        let whole = try await server.cli("tasks", "output", "large/one", "text", "--whole")
        #expect(whole.output == "\"\(String(repeating: "x", count: 1_000_000))\"\n")

        // Read again, from S3, whole and lazily.
        try await untilMoved(s3, count: 3)
        let again = try await server.cli("clear", "large/one", "whole", "lazy", "--yes")
        #expect(again.code == 0, "\(again.text)")
        try await ends(server, "success")
        #expect(try await server.cli("tasks", "output", "large/one", "whole").output == "1070000\n")

        try FileManager.default.removeItem(atPath: s3.folder + "/bucket/outputs/large/rows")
        _ = try await server.cli("clear", "large/one", "whole", "lazy", "--yes")
        try await ends(server, "failed")
        let tasks = try await server.cli("tasks", "list", "large/one", "-o", "json").output
        #expect(
            tasks.contains("the output of task rows of run one of DAG large (s3://bucket/outputs/large/rows/"),
            "\(tasks)")
        let lost = try await server.cli("tasks", "output", "large/one", "rows", "--whole")
        #expect(lost.code != 0)
        // rclone drops the connection when a file was removed behind its back, so that the sentence is not the one for a missing object.
        #expect(lost.errors.contains("the output of task rows of run one of DAG large"), "\(lost.text)")
        #expect(await server.process.stop() == 0)
        await s3.stop()
    }

    private func untilMoved(_ s3: S3TestServer, count: Int) async throws {
        for _ in 0..<600 {
            let files =
                FileManager.default.enumerator(atPath: s3.folder + "/bucket")?.compactMap { $0 as? String } ?? []
            if files.count(where: { $0.hasSuffix(".json") }) == count { return }
            try await CLI.loop.sleep(for: .milliseconds(50))
        }
        Issue.record("not \(count) outputs in \(s3.folder)")
    }

    private func ends(_ server: Standalone, _ state: String) async throws {
        var runs = ""
        for _ in 0..<600 {
            runs = try await server.cli("runs", "list", "large", "-o", "json").output
            if runs.contains("\"state\": \"\(state)\"") || runs.contains("\"state\":\"\(state)\"") { return }
            try await CLI.loop.sleep(for: .milliseconds(50))
        }
        Issue.record("the run is not \(state): \(runs)")
    }

    @Test func `dags test runs tasks with large outputs in memory`() async throws {
        let folder = try TestFolder()
        let dags = try bundle(in: folder)
        let cli = CLI(home: folder.path)
        let tested = try await cli.run([CLI.dagctl, "dags", "test", "large"], in: dags)
        #expect(tested.code == 0, "\(tested.text)")
        #expect(tested.output.contains("large: success"), "\(tested.text)")
        let tooLarge = Self.dag.replacing("count: 1_000_000", with: "count: 17_000_000")
        try tooLarge.write(toFile: dags + "/large.swift", atomically: true, encoding: .utf8)
        let failed = try await cli.run([CLI.dagctl, "dags", "test", "large"], in: dags)
        #expect(failed.code == 1)
        #expect(
            failed.output.contains("text: failed: the output has 17000002 bytes; at most 16777216"), "\(failed.text)")
    }

    @Test(arguments: [
        (["--max-output", "61"], "--max-output: must be 1 to 60, is 61"),
        (["--outputs", "s3://bucket/x"], "--outputs and --outputs-connection need each other"),
        (["--outputs", "/data", "--outputs-connection", "a"], "--outputs: must be s3://BUCKET/PREFIX, is \"/data\""),
    ])
    func `settings that cannot be are refused`(_ options: [String], _ sentence: String) async throws {
        let finished = try await CLI().run([CLI.dagctl, "standalone"] + options, width: 200)
        #expect(finished.code == 2)
        #expect(finished.errors.contains(sentence), "\(finished.text)")
    }
}
