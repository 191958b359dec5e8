import ArgumentParser
import DAGModel

/// `dagctl dags next`
struct DAGsNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Show the next runs that a DAG's schedule asks for.",
        discussion: "Example: dagctl dags next gw_training -n 5", aliases: ["next-execution"])

    @Argument(help: "The DAG's id.")
    var dag: String

    @Option(name: [.customShort("n"), .customLong("num-executions")], help: "How many runs to show.")
    var count = 1

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(count) else { throw ValidationError("-n: must be between 1 and 100, is \(count)") }
    }

    func run() async throws {
        let client = try await server.connect()
        let runs =
            try await client.get(["dags", dag, "nextRuns"], [("limit", "\(count)")])["next_runs"]?.elements ?? []
        if !runs.isEmpty, try await client.get(["dags", dag])["is_paused"] == .bool(true) {
            Terminal.complain(
                "dagctl: \(dag) is paused, so no run will start; unpause it with dagctl dags unpause \(dag)")
        }
        let expression = try await client.get(["dags", dag, "details"])["asset_expression"] ?? .null
        let queued =
            expression == .null ? [] : try await AssetsQueue.queued(client, ["dags", dag, "assets", "queuedEvents"])
        let waits = Self.assets(expression, queued)
        if output.output == .table, !runs.isEmpty || waits == nil {
            output.show(runs, empty: "The schedule of \(dag) asks for no more runs.") { Self.table(runs) }
        } else if output.output == .json {
            output.show(runs, empty: "") { Self.table(runs) }
        }
        if let waits, output.output == .table { print((runs.isEmpty ? "" : "\n") + waits) }
    }

    /// Which assets a schedule waits for, and which of them were updated already; nil for one that waits for none.
    static func assets(_ expression: JSONValue, _ queued: [JSONValue]) -> String? {
        guard expression != .null else { return nil }
        let names = queued.map { "\(Format.text($0["asset_name"])) (\(Format.time($0["created_at"])))" }
        return "As soon as assets are updated: \(Format.assets(expression))\n"
            + (names.isEmpty
                ? "None of them has been since the last run." : "Updated already: \(names.joined(separator: ", "))")
    }

    static func table(_ runs: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Run after (UTC)"), .init(title: "Logical date"), .init(title: "Interval from", expendable: 2),
            .init(title: "Interval to", expendable: 1),
        ])
        table.rows = runs.map { run in
            [
                Table.Cell(Format.time(run["run_after"]), .bold), Table.Cell(Format.time(run["logical_date"])),
                Table.Cell(Format.time(run["data_interval_start"])), Table.Cell(Format.time(run["data_interval_end"])),
            ]
        }
        return table
    }
}
