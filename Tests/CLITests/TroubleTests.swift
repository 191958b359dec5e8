import Foundation
import Postgres
import Supervision
import TestServers
import TestSupport
import Testing

/// What goes wrong around a server: each is said, and what was there goes on.
@Suite(.serialized) struct TroubleTests {
    @Test func `a repository that was rewritten or is gone leaves its DAGs as they are`() async throws {
        let folder = try TestFolder()
        let repository = try await Repository(in: folder)
        try await repository.push("first")
        let server = try await Standalone(["--git", repository.origin], in: folder)
        try await server.built()
        try await repository.push("second", amending: true)
        #expect(try await server.cli("dags", "sync").code == 1)
        let held = try await server.cli("dags", "errors")
        #expect(held.code == 1)
        #expect(held.output.contains("--allow-force-push"), "\(held.text)")
        let listed = try await server.cli("dags", "list")
        #expect(listed.code == 0)
        #expect(listed.output.contains("first") && !listed.output.contains("second"))
        #expect(listed.errors.contains("bundle dags stays as it is"))

        try FileManager.default.moveItem(atPath: repository.origin, toPath: folder.path + "/away.git")
        #expect(try await server.cli("dags", "sync").code == 1)
        let gone = try await server.cli("dags", "errors")
        #expect(gone.code == 1)
        #expect(gone.output.contains(repository.origin), "\(gone.text)")
        #expect(try await server.cli("dags", "list").output.contains("first"))
        #expect(try await server.cli("trigger", "first", "--follow").code == 0)
        #expect(await server.process.stop() == 0)
    }

    @Test func `a push to a repository on this machine is followed at once, however seldom it is looked at`()
        async throws
    {
        let folder = try TestFolder()
        let repository = try await Repository(in: folder)
        try await repository.push("first")
        let server = try await Standalone(["--git", repository.origin, "--poll", "86400"], in: folder)
        try await server.built()
        try await repository.push("second")
        try await server.process.line(with: ": 2 DAGs, 1 new versions")
        #expect(try await server.cli("dags", "list").output.contains("second"))
        #expect(await server.process.stop() == 0)
    }

    @Test func `a DAG that names a connection which does not exist waits for it`() async throws {
        let folder = try TestFolder()
        try folder.write(
            "dags/loads.swift",
            """
            import DAGKit

            @main
            struct Loads: DAG {
                func body() {
                    task("load", uses: [.connection("warehouse")]) { context in
                        print(try await context.connection("warehouse").host ?? "")
                    }
                }
            }
            """.utf8)
        let server = try await Standalone(["--bundle", folder.path + "/dags"], in: folder)
        try await server.built()
        let errors = try await server.cli("dags", "errors")
        #expect(errors.code == 1)
        #expect(errors.output.contains("loads.swift:6"), "\(errors.text)")
        #expect(errors.output.contains("task load names connection warehouse, which does not exist"), "\(errors.text)")
        #expect(try await server.cli("dags", "list").output.contains("loads") == false)
        #expect(
            try await server.cli("connections", "add", "warehouse", "--type", "http", "--host", "example.org").code == 0
        )
        try await server.process.line(with: "1 DAGs have what they lacked")
        #expect(try await server.cli("trigger", "loads", "--follow").code == 0)
        #expect(try await server.cli("dags", "errors").code == 0)
        #expect(await server.process.stop() == 0)
    }

    @Test func `a data folder that cannot be used is told at once`() async throws {
        let cli = CLI()
        let file = try await cli("standalone", "--data", "/dev/null/data")
        #expect(file.code == 1)
        #expect(
            file.errors.contains(
                "the data folder /dev/null/data cannot be used: it cannot be made (/dev/null is a file)"))
        #expect(file.errors.contains("--data"))
    }

    @Test(.enabled(if: canMount, "a private mount namespace is not allowed here"))
    func `a data folder that is read only or on a full disk is told`() async throws {
        let folder = try TestFolder()
        let readOnly = try await mounted("size=1m,ro", folder)
        #expect(readOnly.code == 1)
        #expect(readOnly.errors.contains("the data folder \(folder.path)/data cannot be used"), "\(readOnly.text)")
        let full = try await mounted("size=2m", folder)
        #expect(full.code == 1)
        #expect(
            full.errors.contains("the disk of \(folder.path)/data") && full.errors.contains("is full"), "\(full.text)")
    }

    private func mounted(_ options: String, _ folder: TestFolder) async throws -> Finished {
        let script = "mount -t tmpfs -o \(options) none \"$1\" && \"$0\" standalone --port 0 --data \"$1/data\""
        return try await CLI().run(["unshare", "--mount", "sh", "-c", script, CLI.dagctl, folder.path])
    }

    @Test func `services wait for a database that is away, and go on when it is there`() async throws {
        let postgres = try await TestPostgres.start()
        let database = try await postgres.freshDatabase()
        let folder = try TestFolder()
        var cli = CLI(
            environment: ["SLIPSTREAM_DATA": folder.path, "SLIPSTREAM_DATABASE_URL": database.configuration.url],
            home: folder.path)
        try Data(Self.key.utf8).write(to: URL(filePath: folder.path + "/keys"))
        chmod(folder.path + "/keys", 0o600)
        let unmigrated = try await cli("scheduler")
        #expect(unmigrated.code == 1)
        #expect(unmigrated.errors.contains("dagctl db migrate"), "\(unmigrated.text)")
        #expect(try await cli("db", "migrate").code == 0)
        cli.environment["SLIPSTREAM_LOG_LEVEL"] = "info"
        try await postgres.stop()
        for arguments in [["scheduler", "--listen", "unix:\(folder.path)/socket"], ["api", "--port", "0"]] {
            let service = try await RunningCLI(cli, arguments)
            try await service.line(with: "Waiting for the database of SLIPSTREAM_DATABASE_URL")
            try await postgres.startAgain()
            try await service.line(with: "The database is there")
            try await service.line(with: arguments[0] == "api" ? "The API listens on" : "Leading with epoch")
            #expect(await service.stop() == 0)
            if arguments[0] == "scheduler" { try await postgres.stop() }
        }
        try await postgres.stop()
    }

    private static let key = "test \(Data(repeating: 7, count: 32).base64EncodedString())\n"

    private static let canMount: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
