import Foundation
import Supervision
import TestServers

/// A `dagctl` that goes on, such as a server. It does not outlive the tests.
final class RunningCLI: Sendable {
    private let process: ChildProcess
    private let lines: OutputReader

    /// Starts `dagctl`; its process group is its own, as a shell does it.
    init(_ cli: CLI, _ arguments: [String], program: String = CLI.dagctl) async throws {
        let reader = OutputReader()
        lines = reader
        let output = try OwnedDescriptor.pipe()
        let launch = ProgramLaunch(
            "/usr/bin/env", ["setpriv", "--pdeathsig", "KILL", program] + arguments,
            environment: cli.variables(), descriptors: [1: output.write.number, 2: output.write.number],
            killsGroupAtExit: true)
        process = try await CLI.loop.run { () throws in
            try reader.follow(output.read, on: CLI.loop)
            return try ChildProcess(launch, on: CLI.loop)
        }
        output.write.close()
    }

    var id: Int32 { process.id }

    /// What it wrote up to now.
    var output: String { lines.all.joined(separator: "\n") }

    /// Waits for a line that contains the text, one that was written or will be. Fails with the whole output when the program ends.
    @discardableResult
    func line(with text: String) async throws -> String { try await lines.first { $0.contains(text) } }

    func signal(_ signal: CInt) async { await CLI.loop.run { [process] in _ = process.signal(signal) } }

    /// As Ctrl-C in a terminal does it: to all processes of the group.
    func signalGroup(_ signal: CInt) async { await CLI.loop.run { [process] in _ = process.signalGroup(signal) } }

    func end() async -> Int { await process.waitForExit().code }

    /// Stops it as an administrator does.
    @discardableResult
    func stop(_ signal: CInt = SIGTERM) async -> Int {
        await self.signal(signal)
        return await end()
    }
}
