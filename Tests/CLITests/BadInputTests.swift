import Foundation
import TestServers
import Testing

extension CommandTests {
    /// What people get wrong: each says what, where and what to do, by its exit code too, and changes nothing.
    @Suite(.serialized) struct BadInputTests {
        private func fails(_ code: Int, _ arguments: String..., says sentences: String...) async throws {
            let finished = try await standalone().cli.run([CLI.dagctl] + arguments)
            #expect(finished.code == code, "\(arguments): \(finished.text)")
            #expect(finished.output.isEmpty)
            for sentence in sentences {
                #expect(finished.errors.contains(sentence), "\(arguments): \(finished.errors)")
            }
        }

        @Test func `an unknown DAG is told with the nearest name`() async throws {
            try await fails(3, "trigger", "helo", says: "helo", "did you mean hello?")
            try await fails(3, "dags", "show", "helo", says: "did you mean hello?")
            try await fails(3, "dags", "pause", "helo", says: "did you mean hello?")
            try await fails(3, "runs", "list", "helo", says: "did you mean hello?")
        }

        @Test func `an unknown asset, and data that are no object, are told`() async throws {
            try await fails(3, "assets", "show", "s3://raw/strian", says: "did you mean s3://raw/strain?", "DAG files")
            try await fails(3, "assets", "emit", "catalog", says: "did you mean catalogue?")
            try await fails(
                2, "assets", "emit", "catalogue", "--extra", "[1]", says: "--extra: must be a JSON object", "is \"[1]\""
            )
            try await fails(2, "assets", "queue", "--clear", says: "--clear: name the DAG")
            try await fails(3, "assets", "queue", "wait", says: "did you mean waits?")
            try await fails(3, "assets", "materialize", "catalogue", says: "No DAG materializes asset", "catalogue")
        }

        @Test func `an unknown parameter and one of a wrong type are told together`() async throws {
            try await fails(
                2, "trigger", "hello", "--param", "greting=Hi", "--param", "times=often", "--param", "times",
                says: "greting", "did you mean greeting?", "times", "must be NAME=VALUE, is \"times\"")
        }

        @Test func `a simulation that cannot be is refused with the option that is wrong`() async throws {
            let period = ["--from", "2026-01-01", "--to", "2026-02-01"]
            func fails(_ options: String..., says sentence: String) async throws {
                let finished = try await CLI().run([CLI.dagctl, "simulate", "/nonexistent"] + period + options)
                #expect(finished.code == 2, "\(finished.text)")
                #expect(finished.errors.contains(sentence), "\(finished.errors)")
            }
            try await fails("--to", "2025-02-01", says: "--to: must be later than --from")
            try await fails("--from", "tomorrow", says: "--from: must be a date as 2026-01-31")
            try await fails("--duration", "long", says: "--duration: must be 90s, 5m, 2h or TASKS=90s, is \"long\"")
            try await fails("--fail", "etl=0", says: "--fail: must be TASKS or TASKS=N")
            try await fails("--pool", "gpus", says: "--pool: must be NAME=SLOTS")
            try await fails("--fail-rate", "2", says: "--fail-rate: must be from 0 to 1")
        }

        @Test func `a file of parameters that is broken, away or no object is refused`() async throws {
            let folder = try standalone().folder
            let broken = try folder.write("broken.json", "{\"times\": ".utf8)
            try await fails(2, "trigger", "hello", "--params", broken, says: "--params: \(broken)", "JSON object")
            let list = try folder.write("list.json", "[1]".utf8)
            try await fails(2, "trigger", "hello", "--params", list, says: "--params: \(list)", "JSON object")
            try await fails(
                2, "trigger", "hello", "--params", "/nonexistent", says: "--params: /nonexistent cannot be read")
            let wrong = try folder.write("wrong.json", "{\"times\": \"often\"}".utf8)
            try await fails(2, "trigger", "hello", "--params", wrong, says: "times")
            let unknown = try folder.write("unknown.json", "{\"greting\": \"Hi\"}".utf8)
            try await fails(2, "trigger", "hello", "--params", unknown, says: "greting")
        }

        @Test func `an unknown run, task and state are told`() async throws {
            try await fails(3, "runs", "show", "nothing", says: "there is no run and no DAG \"nothing\"")
            try await fails(3, "runs", "show", "hello/nothing", says: "nothing")
            try await fails(
                3, "runs", "cancel", "nightly", says: "has no runs yet; start one with dagctl trigger nightly")
            try await fails(2, "runs", "list", "--state", "faild", says: "--state", "did you mean failed?")
            try await fails(3, "logs", "nothing", "task", says: "nothing")
        }

        @Test func `a run's id can be used once`() async throws {
            #expect(try await standalone().cli("trigger", "hello", "--run-id", "twice").code == 0)
            try await fails(2, "trigger", "hello", "--run-id", "twice", says: "twice", "already exists")
        }

        @Test func `a date that is none is refused`() async throws {
            try await fails(
                2, "trigger", "hello", "--logical-date", "yesterday", says: "--logical-date", "\"yesterday\"")
        }

        @Test func `an unknown connection is told with the nearest name`() async throws {
            let server = try standalone()
            #expect(try await server.cli("connections", "add", "warehouse", "--type", "http").code == 0)
            try await fails(3, "connections", "get", "warehose", says: "warehose", "did you mean warehouse?")
            try await fails(3, "connections", "delete", "warehouse", "nothing", says: "nothing")
            #expect(try await server.cli("connections", "delete", "warehouse").code == 0)
        }

        @Test(
            arguments: [
                ("truncated", "{\"minio\": {\"conn_type\": \"aws\", \"password\": \"hidden\"", "line 1"),
                (
                    "unknown field", "{\"minio\": {\"conn_type\": \"aws\", \"pasword\": \"hidden\"}}",
                    "did you mean password?"
                ),
                (
                    "repeated",
                    "{\"minio\": {\"conn_type\": \"aws\"}, \"minio\": {\"conn_type\": \"aws\", \"password\": \"hidden\"}}",
                    "minio"
                ),
                ("half good", "{\"good\": {\"conn_type\": \"aws\"}, \"bad id\": {\"conn_type\": \"aws\"}}", "bad id"),
            ])
        func `a connections file that is wrong stores nothing and shows no secret`(
            name: String, text: String, sentence: String
        ) async throws {
            let server = try standalone()
            let file = try server.folder.write("wrong/\(name).json", text.utf8)
            chmod(file, 0o600)
            let finished = try await server.cli("connections", "import", file)
            #expect(finished.code == 2)
            #expect(finished.errors.contains(sentence), "\(finished.errors)")
            #expect(finished.errors.contains(file))
            #expect(!finished.text.contains("hidden"))
            #expect(try await server.cli("connections", "list").output == "There are no connections.\n")
        }

        @Test func `a connections file that is a folder, away or not in UTF-8 is refused`() async throws {
            let folder = try standalone().folder
            try await fails(2, "connections", "import", folder.path, says: folder.path, "is a directory")
            try await fails(2, "connections", "import", "/nonexistent.json", says: "/nonexistent.json")
            let bytes = try folder.write(
                "latin1.json", Array("{\"minio\": {\"conn_type\": \"".utf8) + [0xE9] + Array("\"}}".utf8))
            try await fails(2, "connections", "import", bytes, says: bytes, "UTF-8")
        }

        @Test func `a connections file that others can read is a warning`() async throws {
            let server = try standalone()
            let file = try server.folder.write(
                "open.json", "{\"open\": {\"conn_type\": \"aws\", \"password\": \"hidden\"}}".utf8)
            chmod(file, 0o644)
            let finished = try await server.cli("connections", "import", file)
            #expect(finished.code == 0)
            #expect(finished.errors.contains("\(file)") && finished.errors.contains("chmod 600"), "\(finished.errors)")
            #expect(!finished.text.contains("hidden"))
            #expect(try await server.cli("connections", "delete", "open").code == 0)
        }

        @Test func `a file of variables that is wrong stores nothing`() async throws {
            let folder = try standalone().folder
            for (text, sentence) in [
                ("{\"a\": ", "line 1"), ("[]", "must be one JSON object"),
                ("{\"a\": \"1\", \"a\": \"2\"}", "occurs twice"),
                ("{\"good\": \"1\", \"\": \"2\"}", "the key is empty"),
                ("{\"a\": {\"value\": 1, \"descripton\": \"x\"}}", "unknown field descripton"),
            ] {
                let file = try folder.write("wrong/variables.json", text.utf8)
                try await fails(2, "variables", "import", file, says: file, sentence)
            }
            try await fails(2, "variables", "import", folder.path, says: folder.path)
            try await fails(3, "variables", "get", "stag", says: "stag")
            try await fails(3, "variables", "delete", "stag", says: "stag")
            try await fails(2, "variables", "set", "secret", "***", says: "no value is stored for it")
        }

        @Test func `a backfill that cannot be is refused with what to do`() async throws {
            func create(_ code: Int, _ from: String, _ to: String, _ more: String..., says: String) async throws {
                let words = ["backfill", "create", "nightly", "--from-date", from, "--to-date", to] + more
                let finished = try await standalone().cli.run([CLI.dagctl] + words)
                #expect(finished.code == code && finished.errors.contains(says), "\(finished.errors)")
            }
            try await create(2, "yesterday", "2026-01-02", says: "--from-date: must be a date or time")
            try await create(2, "2026-01-03", "2026-01-02", says: "give the earlier one first")
            try await create(2, "2098-01-01", "2098-01-02", says: "in the future")
            try await create(2, "2026-01-01", "2026-01-01", says: "has no date")
            try await create(2, "2026-01-01", "2026-01-02", "--task", "laod", says: "did you mean load?")
            try await create(2, "2026-01-01", "2026-01-02", "--task", "load", says: "takes the output of extract")
            try await create(2, "2026-01-01", "2026-01-02", "--param", "n=1", says: "parameter n: unknown")
            try await create(
                2, "2026-01-01", "2026-01-02", "--reprocess-behavior", "fail", says: "did you mean failed?")
            try await fails(
                2, "backfill", "create", "hello", "--from-date", "2026-01-01", "--to-date", "2026-01-02",
                says: "has no schedule of dates")
            try await fails(3, "backfill", "show", "99", says: "Could not find backfill with id 99")
            try await fails(3, "dags", "next", "nightl", says: "did you mean nightly?")
        }

        @Test func `a wrong token is refused, and a missing one before anything is sent`() async throws {
            let server = try standalone()
            var cli = server.cli
            cli.environment["SLIPSTREAM_TOKEN"] = "wrong"
            let wrong = try await cli("dags", "list")
            #expect(wrong.code == 5)
            #expect(wrong.errors.contains("does not accept the token (see SLIPSTREAM_TOKEN)"))
            let missing = try await CLI()("dags", "list", "--server", try server.url)
            #expect(missing.code == 5)
            #expect(missing.errors.contains("set SLIPSTREAM_TOKEN"))
        }

        @Test func `a second server on the port or in the data folder is refused`() async throws {
            let server = try standalone()
            let second = try await server.cli("standalone", "--bundle", server.folder.path + "/dags", "--port", "0")
            #expect(second.code == 1)
            #expect(
                second.errors.contains(
                    "another dagctl uses the data folder \(server.data): stop it, or choose another folder"))
            let port = try #require(try server.url.split(separator: ":").last)
            let elsewhere = try await server.cli(
                "standalone", "--data", server.folder.path + "/data2", "--port", String(port))
            #expect(elsewhere.code == 1)
            #expect(elsewhere.errors.contains("port \(port) of 127.0.0.1 is in use"), "\(elsewhere.errors)")
            #expect(try await server.cli("dags", "list").code == 0)
        }
    }
}

@Suite struct NoServerTests {
    @Test func `without a server it is said how to start or name one`() async throws {
        let cli = CLI(environment: ["SLIPSTREAM_DATA": "/nonexistent/data"])
        for command in [["dags", "list"], ["trigger", "hello"], ["runs", "list"], ["connections", "list"]] {
            let finished = try await cli.run([CLI.dagctl] + command)
            #expect(finished.code == 4)
            #expect(finished.errors.contains("start one with dagctl standalone, or name one with --server"))
        }
    }

    @Test func `a server that does not answer and an address that is none are told`() async throws {
        var cli = CLI(environment: ["SLIPSTREAM_TOKEN": "x"])
        let away = try await cli("dags", "list", "--server", "http://127.0.0.1:1")
        #expect(away.code == 4)
        #expect(away.errors.contains("the server at http://127.0.0.1:1 cannot be reached"))
        cli.environment["SLIPSTREAM_SERVER"] = "localhost:8793"
        let wrong = try await cli("dags", "list")
        #expect(wrong.code == 2)
        #expect(wrong.errors.contains("must begin with http:// or https://"))
    }
}
