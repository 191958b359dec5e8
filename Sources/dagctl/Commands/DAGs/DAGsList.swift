import ArgumentParser
import DAGModel

/// `dagctl dags list`
struct DAGsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the DAGs, with their schedules and last runs.",
        discussion: "Example: dagctl dags list --tag gw")

    @Option(name: .customLong("tag"), help: "Only DAGs with this tag. May be repeated.")
    var tags: [String] = []

    @Flag(help: "Also DAGs whose files are gone.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let query = tags.map { (name: "tags", value: $0) } + [("exclude_stale", all ? "false" : "true")]
        let dags = try await client.all(["dags"], "dags", query)
        output.show(dags, empty: "There are no DAGs. Push a DAG file, or see dagctl dags errors.") { Self.table(dags) }
        guard output.output == .table else { return }
        for dag in dags {
            guard let reason = dag["pause_reason"]?.stringValue else { continue }
            Terminal.complain("dagctl: \(Format.text(dag["dag_id"])) is paused: \(reason)")
        }
        for bundle in try await client.get(["dagBundles"])["dag_bundles"]?.elements ?? [] {
            guard let error = bundle["error"]?.stringValue else { continue }
            Terminal.complain("dagctl: bundle \(Format.text(bundle["name"])) stays as it is: \(error)")
        }
        let broken = try await client.get(["importErrors"], [("limit", "1")])["total_entries"]
        if case .int(let count)? = broken, count > 0 {
            Terminal.complain("dagctl: \(count) import error\(count == 1 ? "" : "s"); see dagctl dags errors")
        }
    }

    static func table(_ dags: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "DAG", least: 16, cutsMiddle: true),
            .init(title: "State"),
            .init(title: "Schedule", least: 9),
            .init(title: "Last run", least: nil),
            .init(title: "Started (UTC)", least: nil, expendable: 1),
            .init(title: "Next run (UTC)", least: nil, expendable: 2),
            .init(title: "File", least: 8, expendable: 3),
            .init(title: "Owner", least: 6, expendable: 4),
        ])
        table.rows = dags.map { dag in
            let last = dag["last_dag_run"]
            return [
                Table.Cell(Format.text(dag["dag_id"]), .bold), state(dag),
                Table.Cell(dag["timetable_summary"]?.stringValue ?? "manual"),
                last?.stringValue == nil && last?["state"] != nil
                    ? Format.state(last?["state"]) : Table.Cell("never", .dim),
                Table.Cell(Format.time(last?["start_date"])), Table.Cell(Format.time(dag["next_dagrun_run_after"])),
                Table.Cell(Format.text(dag["relative_fileloc"])), Table.Cell(owner(dag)),
            ]
        }
        return table
    }

    private static func owner(_ dag: JSONValue) -> String {
        dag["owners"]?.elements.compactMap(\.stringValue).joined(separator: ", ") ?? ""
    }

    static func state(_ dag: JSONValue) -> Table.Cell {
        if dag["is_stale"] == .bool(true) { return Table.Cell("gone", .red) }
        return dag["is_paused"] == .bool(true) ? Table.Cell("paused", .yellow) : Table.Cell("on", .green)
    }
}
