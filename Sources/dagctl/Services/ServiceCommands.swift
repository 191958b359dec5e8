import ArgumentParser

/// The commands that run services, for the command tree.
enum ServiceCommands {
    static let all: [any ParsableCommand.Type] = [
        Standalone.self, SchedulerCommand.self, WorkerCommand.self, APICommand.self,
    ]
    /// Not shown in help: this program starts itself with them.
    static let hidden: [any ParsableCommand.Type] = [OperatorHostCommand.self]
    /// Subcommands of `dagctl dags` that need no server.
    static let dags: [any ParsableCommand.Type] = [DAGsTest.self]
}
