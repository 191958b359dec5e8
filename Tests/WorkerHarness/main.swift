// A worker without dagctl, for tests: `worker-harness worker LEADER TOKEN SLOTS FOLDER RUNNER`, and the two hidden commands.
import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals
import Supervision
import Worker

LauncherProcess.becomeIfAsked()
let arguments = Array(CommandLine.arguments.dropFirst())

func work() async throws {
    guard arguments.count == 6, let leader = SocketEndpoint(arguments[1]), let slots = Int(arguments[3]) else {
        exit(64)
    }
    var options = WorkerOptions(
        leader: leader, token: arguments[2], name: "harness", slots: slots, dataFolder: arguments[4],
        runner: arguments[5])
    options.stopGrace = .seconds(2)
    var log = Logger(label: "worker")
    log.logLevel = .warning
    let group = ServiceGroup(
        services: [WorkerService(options, log: log)], gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
    try await group.run()
}

Task {
    switch arguments.first {
    case "worker":
        do { try await work() } catch {
            let line = "worker-harness: \(error)\n"
            write(2, line, line.utf8.count)
            exit(1)
        }
        exit(0)
    case "worker-host": await OperatorHostProcess.main(Array(arguments.dropFirst()))
    default: exit(64)
    }
}
dispatchMain()
