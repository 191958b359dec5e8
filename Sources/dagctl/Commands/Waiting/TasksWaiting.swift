import ArgumentParser
import DAGModel

/// `dagctl tasks waiting`
struct TasksWaiting: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waiting", abstract: "List the tasks that wait for a person's answer.",
        discussion: "Example: dagctl tasks waiting")

    @Argument(help: "Only those of this run: its id, DAG/RUN, or a DAG for its newest run.")
    var run: RunReference?

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let path = try await run?.resolve(client).runPath ?? ["dags", "~", "dagRuns", "~"]
        let waiting = try await client.all(path + ["hitlDetails"], "hitl_details", [("response_received", "false")])
        output.show(waiting, empty: "Nothing waits for an answer.") { Self.table(waiting) }
    }

    static func table(_ waiting: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Run", least: 16, cutsMiddle: true), .init(title: "Task", least: 12, cutsMiddle: true),
            .init(title: "Question", least: 16, expendable: 1), .init(title: "Options", least: 12, expendable: 2),
            .init(title: "Until (UTC)"), .init(title: "Asked", least: 8, expendable: 3),
        ])
        table.rows = waiting.map { detail in
            let task = detail["task_instance"] ?? .null
            let users = detail["assigned_users"]?.elements.map { Format.text($0["name"]) } ?? []
            return [
                Table.Cell("\(Format.text(task["dag_id"]))/\(Format.text(task["dag_run_id"]))"),
                Table.Cell(TasksList.name(task), .bold), Table.Cell(Format.text(detail["subject"])),
                Table.Cell((detail["options"]?.elements ?? []).map { Format.text($0) }.joined(separator: ", ")),
                Table.Cell(Format.time(detail["deadline"])),
                Table.Cell(users.isEmpty ? "everybody" : users.joined(separator: ", ")),
            ]
        }
        return table
    }
}
