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
            Connects to the scheduler that leads and runs the attempts that it gives. It needs the worker token, and either the \
            address of the API, which knows who leads, or that of the scheduler. Artifacts and helper files come over the same \
            connection; the worker needs no database and no git. Several workers may serve one scheduler, each with a data folder \
            of its own.

            Example: dagctl worker --server http://api.example:8793 --token-file worker-token --data /var/lib/slipstream-worker
            """)

    @Option(
        help: "The API's address, which is asked for the scheduler that leads. Defaults to SLIPSTREAM_SERVER.")
    var server: String?

    @Option(help: "Where the scheduler listens for workers, if the API is not to be asked: HOST:PORT or unix:PATH.")
    var leader: String?

    @Option(help: "The file that holds the worker token (mode 0600). Defaults to the text of SLIPSTREAM_WORKER_TOKEN.")
    var tokenFile: String?

    @Option(help: "Tasks that run at once. Defaults to the number of processors.")
    var slots: Int?

    @Option(help: "What people see. Defaults to the name of the host.")
    var name: String?

    @Option(name: .customLong("data"), help: "The worker's data folder.")
    var dataFolder: String

    @Flag(help: .hidden)
    var stopWithInput = false

    func run() async throws {
        let options = WorkerOptions(
            leader: try search(), token: try token(), name: name ?? ProcessInfo.processInfo.hostName,
            slots: slots ?? ProcessInfo.processInfo.activeProcessorCount, dataFolder: DataFolder.absolute(dataFolder),
            runner: Installation.current.runner, program: Installation.current.program)
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
        do { try await group.run() } catch WorkerEnd.refused(let reason) {
            throw CommandFailure(.notAllowed, "this worker was refused: \(reason)")
        }
    }

    private func search() throws -> LeaderSearch {
        if let leader {
            guard let endpoint = SocketEndpoint(leader) else {
                throw ValidationError("--leader: must be HOST:PORT or unix:PATH, is \"\(leader)\"")
            }
            return .at(endpoint)
        }
        guard let url = server ?? Self.variable("SLIPSTREAM_SERVER") else {
            throw ValidationError(
                "--server: must name the API, such as http://api.example:8793, unless SLIPSTREAM_SERVER or --leader does"
            )
        }
        return .api(String(url.reversed().drop { $0 == "/" }.reversed()))
    }

    private func token() throws -> String {
        if let tokenFile {
            guard let token = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
                throw ValidationError("--token-file: \(tokenFile) cannot be read")
            }
            return token.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let token = Self.variable("SLIPSTREAM_WORKER_TOKEN") else {
            throw ValidationError(
                "--token-file: must name the file with the worker token, unless SLIPSTREAM_WORKER_TOKEN is it")
        }
        return token
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
