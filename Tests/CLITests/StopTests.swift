import Foundation
import TestServers
import Testing

/// Ctrl-C and `kill` end everything at once, whatever is under way.
@Suite(.serialized) struct StopTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func `a server that compiles ends within seconds, leaves no process and starts again`(signal: CInt) async throws {
        let folder = try TestFolder()
        try folder.write("dags/puzzle.swift", Self.puzzle.utf8)
        let server = try await Standalone(["--bundle", folder.path + "/dags"], in: folder)
        while processes(of: folder.path, running: "swift-frontend").isEmpty { await Task.yield() }
        let began = ContinuousClock.now
        // Ctrl-C reaches the whole group, kill one process.
        if signal == SIGINT { await server.process.signalGroup(signal) } else { await server.process.signal(signal) }
        #expect(await server.process.end() == 0, "\(server.process.output)")
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(processes(of: folder.path).isEmpty)

        try FileManager.default.removeItem(atPath: folder.path + "/dags/puzzle.swift")
        try FileManager.default.copyItem(
            atPath: Source.folder + "/Bundle/slow.swift", toPath: folder.path + "/dags/slow.swift")
        let again = try await Standalone(["--bundle", folder.path + "/dags"], in: folder)
        try await again.process.line(with: "1 DAGs")
        #expect(try await again.cli("dags", "list").output.contains("slow"))
        #expect(await again.process.stop() == 0)
        #expect(processes(of: folder.path).isEmpty)
    }

    @Test func `a server that runs a task ends, and its task with it`() async throws {
        let folder = try TestFolder()
        try folder.write("dags/slow.swift", try Data(contentsOf: URL(filePath: Source.folder + "/Bundle/slow.swift")))
        let server = try await Standalone(["--bundle", folder.path + "/dags"], in: folder)
        try await server.built()
        #expect(try await server.cli("trigger", "slow").code == 0)
        let follower = try await RunningCLI(server.cli, ["logs", "-f", "slow", "wait"])
        try await follower.line(with: "waiting")
        await server.process.signalGroup(SIGINT)
        #expect(await server.process.end() == 0)
        _ = await follower.end()
        #expect(processes(of: folder.path).isEmpty)
    }

    /// Keeps the type checker busy for long.
    private static let puzzle = """
        import DAGKit

        @main
        struct Puzzle: DAG {
            func body() {
                task("sum") { _ in
                    let a = 1, b = 2.0
                    return [a + b * 2 - 3 / 4 + a * 5 - b + 6 * 7 - 8 + a, "x" + 1 + b - 2 * a + 3 - b * 4 / 5 + a - 6 * b + 7]
                }
            }
        }
        """
}
