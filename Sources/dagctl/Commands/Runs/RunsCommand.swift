import ArgumentParser
import DAGModel

/// `dagctl runs …`
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List, show, cancel and mark DAG runs.",
        discussion: "Example: dagctl runs list gw_training --state failed",
        subcommands: [RunsList.self, RunsShow.self, RunsCancel.self, RunsMark.self])
}

/// `dagctl runs list`
struct RunsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List DAG runs, the newest first.",
        discussion: "Example: dagctl runs list gw_training --state running --state queued")

    @Argument(help: "Only runs of this DAG.")
    var dag: String?

    @Option(
        name: .customLong("state"),
        help: "Only runs in this state: queued, running, success or failed. May be repeated.")
    var states: [String] = []

    @Option(help: "The most runs to list.")
    var limit = 25

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(limit) else {
            throw ValidationError("--limit: must be between 1 and 100, is \(limit)")
        }
        let known = DAGRunState.allCases.map(\.rawValue)
        for state in states where !known.contains(state) {
            throw ValidationError(
                "--state: must be one of \(known.joined(separator: ", ")), is \"\(state)\"\(suggestionText(for: state, among: known))"
            )
        }
    }

    func run() async throws {
        let client = try await server.connect()
        let query = [("order_by", "-id"), ("limit", "\(limit)")] + states.map { ("state", $0) }
        let runs = try await client.get(["dags", dag ?? "~", "dagRuns"], query.map { (name: $0.0, value: $0.1) })[
            "dag_runs"]
        let entries = runs?.elements ?? []
        output.show(entries, empty: "There are no runs\(states.isEmpty ? "" : " in this state").") {
            Self.table(entries, withDAG: dag == nil)
        }
    }

    static func table(_ runs: [JSONValue], withDAG: Bool, now: Instant = Format.now) -> Table {
        var table = Table(columns: [
            .init(title: "Run", least: 20, cutsMiddle: true),
            .init(title: "State"),
            .init(title: "Started (UTC)", least: nil, expendable: 1),
            .init(title: "Duration", alignsRight: true),
            .init(title: "Type", least: nil, expendable: 2),
            .init(title: "Logical date", least: nil, expendable: 3),
            .init(title: "Note", least: 6, expendable: 4),
        ])
        if withDAG { table.columns.insert(.init(title: "DAG", least: 10, cutsMiddle: true), at: 0) }
        table.rows = runs.map { run in
            let cells = [
                Table.Cell(Format.text(run["dag_run_id"])), Format.state(run["state"]),
                Table.Cell(Format.time(run["start_date"])), Table.Cell(Format.duration(of: run, now: now)),
                Table.Cell(Format.text(run["run_type"])), Table.Cell(Format.time(run["logical_date"])),
                Table.Cell(Format.text(run["note"])),
            ]
            return withDAG ? [Table.Cell(Format.text(run["dag_id"]), .bold)] + cells : cells
        }
        return table
    }
}

/// `dagctl runs show`
struct RunsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a run: its state, parameters and tasks.",
        discussion: "Example: dagctl runs show gw_training")

    @Argument(help: RunReference.help)
    var run: RunReference

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let tasks = try await client.all(run.runPath + ["taskInstances"], "task_instances")
        let deadlines = try await client.get(run.runPath + ["deadlines"])["deadlines"]?.elements ?? []
        if output.output == .json {
            guard case .object(let members) = run else { return }
            let more: [String: JSONValue] = ["task_instances": .array(tasks), "deadlines": .array(deadlines)]
            return print(JSONValue.object(members.merging(more) { _, new in new }).indentedJSON)
        }
        output.show(run) { Self.fields(run) + deadlines.map(Self.deadline) }
        if !tasks.isEmpty { print(([""] + TasksList.table(tasks).lines(.current)).joined(separator: "\n")) }
    }

    static func deadline(_ deadline: JSONValue) -> (String, Table.Cell) {
        let name = deadline["alert_name"]?.stringValue.map { "\($0): " } ?? ""
        let missed = deadline["missed"] == .bool(true)
        return (
            "Deadline",
            Table.Cell(
                "\(name)\(Format.time(deadline["deadline_time"])), \(Format.text(deadline["state"]))",
                missed ? .red : .plain)
        )
    }

    static func fields(_ run: JSONValue, now: Instant = Format.now) -> [(String, Table.Cell)] {
        let version = run["dag_versions"]?.elements.first
        return [
            ("Run", Table.Cell(Format.text(run["dag_run_id"]), .bold)), ("DAG", Table.Cell(Format.text(run["dag_id"]))),
            ("State", Format.state(run["state"])), ("Type", Table.Cell(Format.text(run["run_type"]))),
            ("Started", Table.Cell(Format.time(run["start_date"]))),
            ("Ended", Table.Cell(Format.time(run["end_date"]))),
            ("Duration", Table.Cell(Format.duration(of: run, now: now))),
            ("Logical date", Table.Cell(Format.time(run["logical_date"]))),
            ("Parameters", Table.Cell(run["conf"] == .object([:]) ? "" : Format.text(run["conf"]))),
            ("Note", Table.Cell(Format.text(run["note"]))),
            ("Version", Table.Cell(Format.text(version?["version_number"]))),
            ("Commit", Table.Cell(Format.text(run["bundle_version"]))),
        ]
    }
}

/// `dagctl runs cancel`
struct RunsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a run as failed; its running tasks are stopped.",
        discussion: "Example: dagctl runs cancel gw_training")

    @Argument(help: RunReference.help)
    var run: RunReference

    @Flag(help: "Wait until the run has ended.")
    var wait = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        guard ["queued", "running"].contains(run["state"]?.stringValue) else {
            throw CommandFailure(
                .wrongUsage,
                "run \(Format.text(run["dag_run_id"])) has ended already; it can no longer be cancelled, only marked (dagctl runs mark)"
            )
        }
        var answer = try await client.send("PATCH", run.runPath, body: .object(["state": .string("failed")]))
        if wait {
            try await client.stream(run.runPath + ["wait"], [("interval", "0.2")], accept: "application/x-ndjson") {
                _ in
            }
            answer = try await client.get(run.runPath)
        }
        if output.output == .json { return print(answer.indentedJSON) }
        print("\(Format.text(run["dag_run_id"])): \(wait ? "cancelled" : "cancelling")")
    }
}
