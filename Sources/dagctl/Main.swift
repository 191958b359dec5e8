import ArgumentParser
import Worker

@main
struct Dagctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dagctl", abstract: "Schedule DAGs written in Swift.",
        subcommands: [Standalone.self, WorkerCommand.self, OperatorHostCommand.self])
}
