import ArgumentParser

/// `dagctl dags …`
struct DAGsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dags", abstract: "List, show, pause and sync DAGs.",
        discussion: "Example: dagctl dags list",
        subcommands: [
            DAGsList.self, DAGsShow.self, DAGsNext.self, DAGsErrors.self, DAGsSync.self, DAGsPause.self,
            DAGsUnpause.self,
        ] + ServiceCommands.dags)
}
