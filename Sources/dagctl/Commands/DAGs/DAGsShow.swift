import ArgumentParser
import DAGModel

/// `dagctl dags show`
struct DAGsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a DAG: its schedule, parameters, tasks and version.",
        discussion: "Example: dagctl dags show gw_training")

    @Argument(help: "The DAG's id.")
    var dag: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let details = try await client.get(["dags", dag, "details"])
        let tasks = try await client.get(["dags", dag, "tasks"])["tasks"]?.elements ?? []
        if output.output == .json {
            guard case .object(let members) = details else { return }
            return print(JSONValue.object(members.merging(["tasks": .array(tasks)]) { _, new in new }).indentedJSON)
        }
        output.show(details) { Self.fields(details) }
        let params = Self.paramTable(details)
        if !params.rows.isEmpty { print(([""] + params.lines(.current)).joined(separator: "\n")) }
        print(([""] + Self.taskTable(tasks).lines(.current)).joined(separator: "\n"))
    }

    static func fields(_ dag: JSONValue) -> [(String, Table.Cell)] {
        let last = dag["last_dag_run"]
        return [
            ("DAG", Table.Cell(Format.text(dag["dag_id"]), .bold)),
            ("Description", Table.Cell(Format.text(dag["description"]))),
            ("State", DAGsList.state(dag)),
            ("Paused because", Table.Cell(Format.text(dag["pause_reason"]))),
            ("Schedule", Table.Cell(Format.text(dag["timetable_description"]))),
            ("Next run", Table.Cell(Format.time(dag["next_dagrun_run_after"]))),
            ("Last run", Table.Cell(Format.text(last?["dag_run_id"]))),
            ("Last state", Table.Cell(Format.text(last?["state"]), Style(state: Format.text(last?["state"])))),
            ("Tags", Table.Cell(dag["tags"]?.elements.map { Format.text($0["name"]) }.joined(separator: ", ") ?? "")),
            ("File", Table.Cell(Format.text(dag["relative_fileloc"]))),
            ("Bundle", Table.Cell(Format.text(dag["bundle_name"]))),
            ("Version", Table.Cell(Format.text(dag["latest_dag_version"]?["version_number"]))),
            ("Commit", Table.Cell(Format.text(dag["bundle_version"]))),
        ]
    }

    static func paramTable(_ dag: JSONValue) -> Table {
        var table = Table(columns: [
            .init(title: "Parameter", least: 10), .init(title: "Type", least: 8), .init(title: "Default", least: 8),
        ])
        guard case .object(let params)? = dag["params"] else { return table }
        table.rows = params.sorted { $0.key < $1.key }.map { name, param in
            [Table.Cell(name), Table.Cell(type(param["schema"])), Table.Cell(Format.text(param["value"]))]
        }
        return table
    }

    private static func type(_ schema: JSONValue?) -> String {
        if let choices = schema?["enum"] {
            return "one of \(choices.elements.map(Format.text).joined(separator: ", "))"
        }
        return Format.text(schema?["type"])
    }

    static func taskTable(_ tasks: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Task", least: 12, cutsMiddle: true), .init(title: "Operator", least: 10),
            .init(title: "After", least: 10), .init(title: "Rule", least: 8, expendable: 1),
            .init(title: "Retries", alignsRight: true),
        ])
        table.rows = tasks.map { task in
            [
                Table.Cell(Format.text(task["task_id"]) + (task["is_mapped"] == .bool(true) ? " []" : ""), .bold),
                Table.Cell(Format.text(task["operator_name"])),
                Table.Cell(task["upstream_task_ids"]?.elements.compactMap(\.stringValue).joined(separator: ", ") ?? ""),
                Table.Cell(Format.text(task["trigger_rule"])), Table.Cell(Format.text(task["retries"])),
            ]
        }
        return table
    }
}
