import Foundation
import TestServers
import Testing

private let isSlowTier = ProcessInfo.processInfo.environment["SLIPSTREAM_TEST_ALL"] == "1"

/// From `make install` to a first run, as a user does it.
@Suite struct InstallTests {
    @Test(.enabled(if: isSlowTier, "slow: builds DAGKit and a package; make test-all runs it"))
    func `an installed dagctl makes a repository that builds, tests, runs and is followed`() async throws {
        let folder = try TestFolder()
        let prefix = folder.path + "/prefix"
        var cli = CLI(environment: ["BIN": CLI.folder], home: folder.path)
        let repository = URL(filePath: Source.folder).deletingLastPathComponent().deletingLastPathComponent().path
        let installed = try await cli.run(["sh", repository + "/scripts/install.sh", prefix])
        try #require(installed.code == 0, "\(installed.text)")
        cli.environment = [:]

        let dagctl = prefix + "/bin/dagctl"
        let made = try await cli.run([dagctl, "init", "my_dags"], in: folder.path)
        try #require(made.code == 0, "\(made.text)")
        let package = folder.path + "/my_dags"
        let offline = ["unshare", "--net"]
        let isolated = try await cli.run(offline + ["true"]).code == 0 ? offline : []
        for step in ["build", "test"] {
            let built = try await cli.run(isolated + ["timeout", "300", "swift", step, "--jobs", "2"], in: package)
            try #require(built.code == 0, "\(built.text)")
        }
        let tested = try await cli.run([dagctl, "dags", "test", "hello"], in: package)
        #expect(tested.code == 0, "\(tested.text)")
        #expect(tested.output.contains("Hello, Ada!") && tested.output.contains("hello: success"))

        cli.environment["SLIPSTREAM_DATA"] = folder.path + "/data"
        let server = try await RunningCLI(
            cli, ["standalone", "--bundle", package, "--port", "0"], program: dagctl)
        try await server.line(with: "1 DAGs")
        let run = try await cli.run([dagctl, "trigger", "hello", "--follow"])
        #expect(run.code == 0, "\(run.text)")
        #expect(try await cli.run([dagctl, "dags", "errors"]).text == "No import errors.\n")
        #expect(await server.stop() == 0)
    }
}
