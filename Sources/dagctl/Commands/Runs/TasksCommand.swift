import ArgumentParser
import DAGModel

/// `dagctl tasks …`
struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract:
            "List, mark and explain the tasks of a run, print what they have left, and list what waits for people.",
        discussion: "Example: dagctl tasks list gw_training",
        subcommands: [TasksList.self, TasksMark.self, TasksOutput.self, TasksWhy.self, TasksWaiting.self])
}

/// `dagctl tasks list`
struct TasksList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the task instances of a run, in the order in which they started.",
        discussion: "Example: dagctl tasks list gw_training --state failed")

    @Argument(help: RunReference.help)
    var run: RunReference

    @Option(name: .customLong("state"), help: "Only tasks in this state, such as failed. May be repeated.")
    var states: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        let known = TaskState.allCases.map(\.rawValue)
        for state in states where !known.contains(state) {
            throw ValidationError(
                "--state: must be one of \(known.joined(separator: ", ")), is \"\(state)\"\(suggestionText(for: state, among: known))"
            )
        }
    }

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let query = states.map { (name: "state", value: $0) }
        let tasks = try await client.all(run.runPath + ["taskInstances"], "task_instances", query)
        output.show(tasks, empty: "The run has no tasks\(states.isEmpty ? " yet" : " in this state").") {
            Self.table(tasks)
        }
    }

    static func table(_ tasks: [JSONValue], now: Instant = Format.now) -> Table {
        var table = Table(columns: [
            .init(title: "Task", least: 14, cutsMiddle: true),
            .init(title: "State"),
            .init(title: "Try", alignsRight: true),
            .init(title: "Duration", alignsRight: true),
            .init(title: "Started (UTC)", expendable: 1),
            .init(title: "Operator", least: 10, expendable: 3),
            .init(title: "Worker", least: 8, expendable: 4),
            .init(title: "Reason", least: 12, expendable: 2),
        ])
        table.rows = tasks.map { task in
            [
                Table.Cell(name(task), .bold), Format.state(task["state"]), Table.Cell(Format.text(task["try_number"])),
                Table.Cell(Format.duration(of: task, now: now)), Table.Cell(Format.time(task["start_date"])),
                Table.Cell(Format.text(task["operator_name"])), Table.Cell(Format.text(task["hostname"])),
                Table.Cell(Format.text(task["reason"])),
            ]
        }
        return table
    }

    /// `train[3]` for the fourth instance of a mapped task.
    static func name(_ task: JSONValue) -> String {
        let id = Format.text(task["task_id"])
        if case .int(let index)? = task["map_index"], index >= 0 { return "\(id)[\(index)]" }
        return id
    }
}
