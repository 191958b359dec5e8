import Foundation
import TestServers
import Testing

/// What commands print, against a real server.
@Suite(.standalone, .serialized) struct CommandTests {}

extension CommandTests {
    @Suite(.serialized) struct OutputTests {
        /// Checks what a command prints, as a table in two widths and as JSON.
        ///
        /// - Parameter isWrapped: Whether lines keep to the width; what a compiler says does not.
        private func check(_ name: String, code: Int = 0, isWrapped: Bool = true, _ arguments: String...) async throws {
            try await check(name, code: code, isWrapped: isWrapped, arguments: arguments)
        }

        private func check(_ name: String, code: Int = 0, isWrapped: Bool = true, arguments: [String]) async throws {
            let server = try standalone()
            for (ending, options, width) in [("80", [], 80), ("160", [], 160), ("json", ["-o", "json"], 80)] {
                let finished = try await server.cli.run([CLI.dagctl] + arguments + options, width: width)
                #expect(finished.code == code, "\(arguments): \(finished.errors)")
                if ending != "json", isWrapped {
                    for line in finished.text.split(separator: "\n") where !line.hasPrefix("dagctl: ") {
                        #expect(line.count <= width, "\(line)")
                    }
                }
                try Snapshot.check("output/\(name)-\(ending)", try finished.text.normalised(server))
            }
        }

        /// A run of a known name, to its end.
        private func follow(_ dag: String, _ run: String, _ options: String..., code: Int = 0) async throws -> Finished
        {
            let words = [
                CLI.dagctl, "trigger", dag, "--run-id", run, "--logical-date", "2026-03-01T12:00:00Z", "--follow",
            ]
            let finished = try await standalone().cli.run(words + options)
            #expect(finished.code == code, "\(finished.text)")
            return finished
        }

        @Test func `DAGs are listed, shown and told when they are broken`() async throws {
            try await check("dags-errors", code: 1, isWrapped: false, "dags", "errors")
            try await check("dags-show", "dags", "show", "nightly")
            try await check("dags-show-params", "dags", "show", "hello")
            let paused = try await standalone().cli("dags", "pause", "nightly")
            #expect(paused.code == 0)
            #expect(try await standalone().cli("dags", "unpause", "nightly").code == 0)
        }

        @Test func `runs are triggered, followed, listed and shown`() async throws {
            let server = try standalone()
            let hello = try await follow("hello", "first", "--param", "greeting=Hi", "--note", "a note")
            #expect(hello.output.contains("success after"))
            _ = try await follow("fails", "second", code: 1)
            try await check("dags-list", "dags", "list")
            try await check("runs-list", "runs", "list")
            try await check("runs-list-dag", "runs", "list", "hello")
            try await check("runs-show", "runs", "show", "hello/first")
            try await check("runs-show-failed", "runs", "show", "fails")
            try await check("tasks-list", "tasks", "list", "fails")
            let log = try await server.cli("logs", "hello/first", "print")
            #expect(log.code == 0)
            #expect(log.output.contains("Hi, Ada!\n"))
            try Snapshot.check("output/logs", try log.text.normalised(server))
            let failed = try await server.cli("logs", "fails", "connect")
            #expect(
                failed.text.contains("connection minio is not declared: add uses: [.connection(\"minio\")] to the task")
            )
            let mapped = try await server.cli("logs", "hello/first", "greet[1]")
            #expect(mapped.code == 0)
        }

        @Test func `a run is cancelled, and its processes end`() async throws {
            let server = try standalone()
            let run = try await server.cli("trigger", "slow", "--run-id", "third")
            #expect(run.output == "third\n")
            let follower = try await RunningCLI(server.cli, ["logs", "-f", "slow", "wait"])
            try await follower.line(with: "waiting")
            let cancelled = try await server.cli("runs", "cancel", "slow", "--wait")
            #expect(cancelled.code == 0)
            #expect(cancelled.output == "third: cancelled\n")
            #expect(await follower.end() == 0)
            try await check("runs-show-cancelled", "runs", "show", "slow")
        }

        @Test func `connections are imported, listed, shown and exported without their secrets`() async throws {
            let server = try standalone()
            let file = try server.folder.write(
                "connections.json",
                """
                {"minio": {"conn_type": "aws", "login": "raw", "password": "hidden-1",
                           "extra": "{\\"endpoint_url\\": \\"http://s3\\", \\"aws_session_token\\": \\"hidden-2\\"}"},
                 "db": "postgres://ada:hidden-3@db.example:5432/science"}
                """.utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let imported = try await server.cli("connections", "import", file)
            #expect(imported.code == 0)
            #expect(imported.errors.isEmpty)
            try await check("connections-list", "connections", "list")
            try await check("connections-get", "connections", "get", "minio")
            let exported = try await server.cli("connections", "export", "-")
            try Snapshot.check("output/connections-export", exported.output)
            #expect(!exported.text.contains("hidden"))
            #expect(try await server.cli("connections", "delete", "minio", "db").code == 0)
        }

        @Test func `variables are set, imported, listed and exported, and hidden where their keys are secret`()
            async throws
        {
            let server = try standalone()
            #expect(
                try await server.cli("variables", "set", "stage", "test", "--description", "Where models go").code == 0)
            #expect(try await server.cli("variables", "set", "api_key", input: "hidden\n").code == 0)
            #expect(try await server.cli("variables", "get", "stage").output == "test\n")
            let file = try server.folder.write(
                "variables.json",
                "{\"stage\": \"live\", \"limits\": {\"rows\": 3, \"token\": \"hidden\"}, \"n\": {\"value\": 5, \"description\": \"A number\"}}"
                    .utf8)
            #expect(try await server.cli("variables", "import", file, "--existing", "fail").code == 2)
            #expect(try await server.cli("variables", "get", "limits").code == 3)
            let imported = try await server.cli("variables", "import", file)
            #expect(imported.output == "imported 3 of 3 variables: stage, limits, n\n")
            #expect(imported.errors.contains("run chmod 600 on it"))
            try await check("variables-list", "variables", "list")
            let exported = try await server.cli("variables", "export", "-")
            try Snapshot.check("output/variables-export", exported.output)
            #expect(!exported.text.contains("hidden"))

            // What was hidden is kept by an import of the export, and tasks read it.
            let again = try server.folder.write("again.json", exported.output.utf8)
            #expect(try await server.cli("variables", "import", again).code == 0)
            _ = try await follow("reads", "reading")
            let log = try await server.cli("logs", "reads", "read")
            #expect(log.output.contains("stage live, key of 6 characters"), "\(log.text)")
            #expect(try await server.cli("variables", "delete", "stage", "api_key", "limits", "n").code == 0)
            #expect(try await server.cli("variables", "list").output == "There are no variables.\n")
        }

        @Test func `the version is the program's and the server's`() async throws {
            try await check("version", "version")
        }

        @Test func `check tells what is well and what is not`() async throws {
            var cli = try standalone().cli
            #expect(try await cli("check").output.contains("data folder"))
            cli.environment["SLIPSTREAM_SERVER"] = "localhost:80"
            cli.environment["SLIPSTREAM_LOG_LEVEL"] = "loud"
            cli.environment["SLIPSTREAM_DATABSE_URL"] = "x"
            let finished = try await cli("check")
            #expect(finished.code == 1)
            for line in finished.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            let rows = finished.output.split(separator: "\n").filter { $0.contains("SLIPSTREAM_") }
            try Snapshot.check("output/check-problems", rows.joined(separator: "\n") + "\n")
        }

        @Test func `a backfill is planned, run, shown and listed`() async throws {
            let server = try standalone()
            let range = ["nightly", "--from-date", "2026-01-01", "--to-date", "2026-01-04"]
            let create = ["backfill", "create"] + range
            try await check("backfill-dry-run", arguments: create + ["--dry-run"])
            let created = try await server.cli.run([CLI.dagctl] + create)
            #expect(created.output == "backfill 1: 3 runs\n", "\(created.errors)")
            try await completed(1)
            try await check("backfill-show", "backfill", "show", "1")
            try await check("backfill-list", "backfill", "list")
            try await check("backfill-list-dag", "backfill", "list", "nightly")
            let again = try await server.cli.run([CLI.dagctl] + create)
            #expect(again.output == "backfill 2: nothing to do, all dates have runs (see --reprocess-behavior)\n")

            #expect(try await server.cli("dags", "pause", "nightly").code == 0)
            let held = try await server.cli.run(
                [CLI.dagctl] + create + [
                    "--reprocess-behavior", "completed", "--task", "load", "--max-active-runs", "2",
                ])
            #expect(held.output.hasPrefix("backfill 3: 3 runs, about ") && held.errors.contains("nightly is paused"))
            #expect(try await server.cli("backfill", "pause", "3").output == "backfill 3: paused\n")
            #expect(try await server.cli("backfill", "resume", "3").output == "backfill 3: goes on\n")
            let overlap = try await server.cli.run([CLI.dagctl] + create)
            #expect(overlap.code == 2 && overlap.errors.contains("backfill 3, from 2026-01-01T00:00:00Z"))
            #expect(try await server.cli("backfill", "cancel", "3").output == "backfill 3: cancelled\n")
            #expect(try await server.cli("backfill", "cancel", "3").code == 2)
            #expect(try await server.cli("dags", "unpause", "nightly").code == 0)
        }

        @Test func `the next runs of a DAG are shown`() async throws {
            try await check("dags-next", "dags", "next", "nightly", "-n", "3")
            let none = try await standalone().cli("dags", "next", "hello")
            #expect(none.output == "The schedule of hello asks for no more runs.\n")
        }

        @Test func `assets are listed, what waits for them is told, and updates cause runs`() async throws {
            let server = try standalone()
            _ = try await follow("makes", "made")
            try await check("assets-list", "assets", "list")
            try await check("assets-show", "assets", "show", "s3://raw/strain")
            try await check("assets-events", "assets", "events", "S3://raw/strain/")
            try await check("assets-queue", "assets", "queue", "waits")
            try await check("dags-next-assets", "dags", "next", "waits")
            try await check("dags-show-assets", "dags", "show", "waits")
            let emitted = try await server.cli("assets", "emit", "catalogue", "--extra", "{\"rows\": 5}")
            #expect(emitted.output == "catalogue is updated; DAGs that wait for it: waits\n", "\(emitted.errors)")
            var log = try await server.cli("logs", "waits", "read")
            for _ in 0..<600 where !log.output.contains("catalogue by a person\n") {
                log = try await server.cli("logs", "waits", "read")
            }
            #expect(log.output.contains("s3://raw/strain by make\ncatalogue by a person\n"), "\(log.text)")
            #expect(try await server.cli("assets", "queue").output == "No update waits.\n")
            let made = try await server.cli("assets", "materialize", "s3://raw/strain")
            #expect(made.output.hasPrefix("makes/asset_materialization__"), "\(made.errors)")
        }

        /// Waits for the end of a backfill.
        private func completed(_ id: Int) async throws {
            for _ in 0..<600 {
                let answer = try await standalone().cli("backfill", "show", "\(id)", "-o", "json")
                if !answer.output.contains("\"completed_at\": null") { return }
            }
            Issue.record("backfill \(id) is not complete")
        }
    }
}
