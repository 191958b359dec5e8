import ArgumentParser
import Dispatch
import Foundation
import Worker

/// The program: the command tree, and what ends it.
@main
struct Dagctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dagctl", abstract: "Schedule DAGs written in Swift.",
        discussion: """
            Commands talk to the server that --server or SLIPSTREAM_SERVER names, and else to the standalone server of this user's \
            data folder.

            Example: dagctl standalone --bundle dags
            Example: dagctl trigger gw_training --param epochs=5 --follow

            \(ExitStatus.help)
            """,
        version: Release.version,
        groupedSubcommands: [
            CommandGroup(name: "Services", subcommands: ServiceCommands.all),
            CommandGroup(
                name: "Daily work",
                subcommands: [
                    DAGsCommand.self, TriggerCommand.self, RunsCommand.self, TasksCommand.self, ClearCommand.self,
                    BackfillCommand.self, LogsCommand.self, PlanCommand.self,
                    SimulateCommand.self, AssetsCommand.self,
                    ApproveCommand.self, AnswerCommand.self, EventCommand.self,
                    CallbacksCommand.self,
                ]),
            CommandGroup(
                name: "Set-up",
                subcommands: [
                    InitCommand.self, CheckCommand.self, ConnectionsCommand.self, VariablesCommand.self,
                    PoolsCommand.self,
                    DatabaseCommand.self,
                    VersionCommand.self,
                ]),
            CommandGroup(name: "Hidden", subcommands: ServiceCommands.hidden),
        ])

    /// Not `async`: the worker's launcher has to be reached before anything starts a thread.
    static func main() {
        LauncherProcess.becomeIfAsked()
        Task {
            do {
                var command = try parseAsRoot()
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                Foundation.exit(EXIT_SUCCESS)
            } catch {
                Foundation.exit(report(error).rawValue)
            }
        }
        dispatchMain()
    }

    /// Tells the user what ended the program.
    private static func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let failure as CommandFailure:
            Terminal.complain("dagctl: \(failure.sentence)")
            return failure.status
        case let error as ServiceError:
            Terminal.complain("dagctl: \(error)")
            return .failed
        case let code as ExitCode: return ExitStatus(rawValue: code.rawValue) ?? .failed
        default: break
        }
        switch exitCode(for: error) {
        case .success:
            print(HelpText(fullMessage(for: error)).text)
            return .success
        case .validationFailure:
            Terminal.complain("dagctl: \(message(for: error))\n\(usageHint(for: error))")
            return .wrongUsage
        default:
            Terminal.complain("dagctl: \(message(for: error))")
            return .failed
        }
    }

    /// The usage line that belongs to the error, and where to read on.
    private static func usageHint(for error: any Error) -> String {
        let lines = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
        return HelpText(lines.drop { !$0.hasPrefix("Usage:") }.joined(separator: "\n")).wrapped
    }
}
