import Foundation
import Supervision
import TestServers
import Testing

/// A `dagctl standalone` with a data folder of its own, on free ports.
final class Standalone: Sendable {
    let folder: TestFolder
    let process: RunningCLI
    /// `dagctl` as the user of this server.
    let cli: CLI

    var data: String { folder.path + "/data" }
    var url: String {
        get throws {
            let text = String(decoding: try folder.bytes("data/api.json"), as: UTF8.self)
            return String(text.split(separator: "\"")[3])
        }
    }

    /// Starts the server and waits until the API answers.
    init(_ arguments: [String], in folder: TestFolder) async throws {
        self.folder = folder
        cli = CLI(environment: ["SLIPSTREAM_DATA": folder.path + "/data"], home: folder.path)
        process = try await RunningCLI(cli, ["standalone", "--port", "0"] + arguments)
        try await process.line(with: "The API listens on http://127.0.0.1:")
    }

    /// Waits until the bundle was built and is known.
    func built() async throws { try await process.line(with: "Bundle dags at") }
}

/// One server for a suite: `Tests/CLITests/Bundle` is its bundle. It is there before the first test and gone after the last.
struct StandaloneTrait: SuiteTrait, TestScoping {
    @TaskLocal static var server: Standalone?

    @concurrent
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let folder = try TestFolder()
        try FileManager.default.copyItem(atPath: Source.folder + "/Bundle", toPath: folder.path + "/dags")
        let server = try await Standalone(["--bundle", folder.path + "/dags", "--slots", "2"], in: folder)
        try await server.built()
        try await Self.$server.withValue(server) { try await function() }
        #expect(await server.process.stop() == 0)
    }
}

extension Trait where Self == StandaloneTrait {
    static var standalone: Self { StandaloneTrait() }
}

/// The server of the suite.
func standalone() throws -> Standalone { try #require(StandaloneTrait.server) }
