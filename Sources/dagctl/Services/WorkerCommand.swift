import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Supervision
internal import UnixSignals
import Worker

/// `dagctl worker`: runs attempts for a leader, on this host.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run tasks for a scheduler, on this host.",
        discussion: """
            Connects to the scheduler and runs the attempts that it gives. Several workers may serve one scheduler, each with a data \
            folder of its own.

            Example: dagctl worker --leader scheduler.example:8794 --token-file worker-token --slots 8
            """)

    @Option(help: "Where the scheduler listens for workers: HOST:PORT or unix:PATH.")
    var leader: String

    @Option(help: "The file that holds the worker token (mode 0600).")
    var tokenFile: String

    @Option(help: "Tasks that run at once. Defaults to the number of processors.")
    var slots: Int?

    @Option(help: "What people see. Defaults to the name of the host.")
    var name: String?

    @Option(name: .customLong("data"), help: "The worker's data folder.")
    var dataFolder: String

    @Flag(help: .hidden)
    var stopWithInput = false

    func run() async throws {
        guard let endpoint = SocketEndpoint(leader) else {
            throw ValidationError("--leader: must be HOST:PORT or unix:PATH, is \"\(leader)\"")
        }
        guard let token = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
            throw ValidationError("--token-file: \(tokenFile) cannot be read")
        }
        let options = WorkerOptions(
            leader: endpoint, token: token.trimmingCharacters(in: .whitespacesAndNewlines),
            name: name ?? ProcessInfo.processInfo.hostName, slots: slots ?? ProcessInfo.processInfo.activeProcessorCount,
            dataFolder: DataFolder.absolute(dataFolder), runner: Installation.current.runner,
            program: Installation.current.program)
        let problems = options.validate()
        guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "\n")) }
        let log = ServiceLog.make("worker")
        let group = ServiceGroup(
            services: [WorkerService(options, log: log)], gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        if stopWithInput {
            Thread.detachNewThread {
                while FileHandle.standardInput.availableData.count > 0 {}
                Task { await group.triggerGracefulShutdown() }
            }
        }
        try await group.run()
    }
}
