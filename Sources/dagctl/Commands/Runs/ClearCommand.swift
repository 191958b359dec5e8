import ArgumentParser
import DAGModel

/// `dagctl clear`
struct ClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Let tasks of a run run again.",
        discussion: """
            Shows what will be cleared and asks. A cleared task runs again with all its retries, and a run that has ended goes on; \
            what is running is stopped first. Setups and teardowns of a task are cleared with it. Without tasks the whole run is cleared.

            Example: dagctl clear gw_training train --downstream
            Example: dagctl clear gw_training/trial-7 'train[3]' --only-failed --yes
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "A task's id, or train[3] for one instance of a mapped task. Several may be given.")
    var tasks: [TaskReference] = []

    @Flag(help: "Also all that the tasks depend on.")
    var upstream = false

    @Flag(help: "Also all that depends on the tasks.")
    var downstream = false

    @Flag(help: "Also the same tasks of earlier runs.")
    var past = false

    @Flag(help: "Also the same tasks of later runs.")
    var future = false

    @Flag(help: "Only what failed, itself or by an upstream task.")
    var onlyFailed = false

    @Flag(help: "Only what is running.")
    var onlyRunning = false

    @Flag(help: "Show what would be cleared, and clear nothing.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let path = ["dags", Format.text(run["dag_id"]), "clearTaskInstances"]
        let found =
            try await client.send("POST", path, body: body(run, isDryRun: true))["task_instances"]?.elements ?? []
        if dryRun || found.isEmpty {
            return output.show(found, empty: "There is nothing to clear.") { Self.table(found) }
        }
        if !yes { try confirm(found) }
        let cleared =
            try await client.send("POST", path, body: body(run, isDryRun: false))["task_instances"]?.elements ?? []
        if output.output == .json { return print(JSONValue.array(cleared).indentedJSON) }
        print("\(Self.count(cleared)) cleared")
    }

    private func confirm(_ found: [JSONValue]) throws {
        guard Terminal.canAsk, output.output == .table else {
            throw CommandFailure(
                .wrongUsage,
                "\(Self.count(found)) would be cleared; say --yes to clear without a question, or --dry-run to see them"
            )
        }
        Terminal.write(Self.table(found).lines(.current).joined(separator: "\n") + "\n")
        Terminal.write("Clear \(Self.count(found))? [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
            throw CommandFailure(.failed, "nothing was cleared")
        }
    }

    private func body(_ run: JSONValue, isDryRun: Bool) -> JSONValue {
        .object([
            "dag_run_id": run["dag_run_id"] ?? .null, "dry_run": .bool(isDryRun), "task_ids": .array(tasks.map(\.json)),
            "include_upstream": .bool(upstream), "include_downstream": .bool(downstream), "include_past": .bool(past),
            "include_future": .bool(future), "only_failed": .bool(onlyFailed), "only_running": .bool(onlyRunning),
        ])
    }

    private static func count(_ tasks: [JSONValue]) -> String {
        tasks.count == 1 ? "1 task instance" : "\(tasks.count) task instances"
    }

    static func table(_ tasks: [JSONValue]) -> Table {
        let isOneRun = Set(tasks.map { Format.text($0["dag_run_id"]) }).count < 2
        var table = Table(columns: [
            .init(title: "Task", least: 14, cutsMiddle: true),
            .init(title: "State"),
            .init(title: "Tries", alignsRight: true),
            .init(title: "Ended (UTC)", expendable: 1),
        ])
        if !isOneRun { table.columns.insert(.init(title: "Run", least: 20, cutsMiddle: true), at: 0) }
        table.rows = tasks.map { task in
            let cells = [
                Table.Cell(TasksList.name(task), .bold), Format.state(task["state"]),
                Table.Cell(Format.text(task["try_number"])),
                Table.Cell(Format.time(task["end_date"])),
            ]
            return isOneRun ? cells : [Table.Cell(Format.text(task["dag_run_id"]))] + cells
        }
        return table
    }
}

/// A task as a user names it: `train`, or `train[3]` for one instance of a mapped task.
struct TaskReference: ExpressibleByArgument, Sendable {
    let id: String
    let mapIndex: Int?

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        if argument.hasSuffix("]"), let bracket = argument.lastIndex(of: "["),
            let index = Int(argument[argument.index(after: bracket)...].dropLast()), index >= 0
        {
            (id, mapIndex) = (String(argument[..<bracket]), index)
        } else {
            (id, mapIndex) = (argument, nil)
        }
    }

    var json: JSONValue {
        guard let mapIndex else { return .string(id) }
        return .array([.string(id), .int(Int64(mapIndex))])
    }
}
