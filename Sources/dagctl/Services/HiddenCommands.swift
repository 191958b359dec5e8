import ArgumentParser
import Worker

/// The process in which a worker runs built-in operators.
struct OperatorHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker-host", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() async throws { await OperatorHostProcess.main(arguments) }
}
