import ArgumentParser
import DAGModel

/// `dagctl backfill …`
struct BackfillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Run a DAG for the dates of a range in the past.",
        discussion: """
            A backfill makes a run for each date of the DAG's schedule in a range, a few at a time, with a limit of its own. Dates that \
            have a run are left alone unless --reprocess-behavior says otherwise.

            Example: dagctl backfill create nightly --from-date 2026-01-01 --to-date 2026-01-31 --dry-run
            """,
        subcommands: [
            BackfillCreate.self, BackfillList.self, BackfillShow.self, BackfillPause.self, BackfillUnpause.self,
            BackfillCancel.self,
        ])

    /// One word for how it stands.
    static func state(_ backfill: JSONValue) -> Table.Cell {
        if backfill["is_cancelled"] == .bool(true) { return Table.Cell("cancelled", Style(state: "failed")) }
        if Format.instant(backfill["completed_at"]) != nil {
            return Table.Cell("completed", Style(state: failed(backfill) > 0 ? "failed" : "success"))
        }
        if backfill["is_paused"] == .bool(true) { return Table.Cell("paused", Style(state: "queued")) }
        return Table.Cell("running", Style(state: "running"))
    }

    private static func failed(_ backfill: JSONValue) -> Int64 {
        if case .int(let failed)? = backfill["progress"]?["failed"] { failed } else { 0 }
    }

    static func table(_ backfills: [JSONValue], withDAG: Bool) -> Table {
        var table = Table(columns: [
            .init(title: "Id", alignsRight: true), .init(title: "State"), .init(title: "From"), .init(title: "To"),
            .init(title: "Dates", alignsRight: true), .init(title: "Success", expendable: 2, alignsRight: true),
            .init(title: "Failed", expendable: 1, alignsRight: true),
            .init(title: "Skipped", expendable: 3, alignsRight: true),
            .init(title: "Reprocess", expendable: 4),
        ])
        if withDAG { table.columns.insert(.init(title: "DAG", least: 10, cutsMiddle: true), at: 1) }
        table.rows = backfills.map { backfill in
            let progress = backfill["progress"]
            var cells = [
                Table.Cell(Format.text(backfill["id"]), .bold), state(backfill),
                Table.Cell(Format.time(backfill["from_date"])), Table.Cell(Format.time(backfill["to_date"])),
                Table.Cell(Format.text(progress?["total"])), Table.Cell(Format.text(progress?["success"])),
                Table.Cell(Format.text(progress?["failed"])), Table.Cell(Format.text(progress?["skipped"])),
                Table.Cell(Format.text(backfill["reprocess_behavior"])),
            ]
            if withDAG { cells.insert(Table.Cell(Format.text(backfill["dag_id"])), at: 1) }
            return cells
        }
        return table
    }
}

/// `dagctl backfill list`
struct BackfillList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List backfills, the newest first.",
        discussion: "Example: dagctl backfill list nightly")

    @Argument(help: "Only backfills of this DAG.")
    var dag: String?

    @Option(help: "The most backfills to list.")
    var limit = 25

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(limit) else {
            throw ValidationError("--limit: must be between 1 and 100, is \(limit)")
        }
    }

    func run() async throws {
        let query = [
            (name: "dag_id", value: dag ?? "~"), (name: "order_by", value: "-id"), (name: "limit", value: "\(limit)"),
        ]
        let found = try await server.connect().get(["backfills"], query)["backfills"]?.elements ?? []
        output.show(found, empty: "There are no backfills\(dag.map { " of \($0)" } ?? "").") {
            BackfillCommand.table(found, withDAG: dag == nil)
        }
    }
}

/// `dagctl backfill show`
struct BackfillShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a backfill and what became of its dates.",
        discussion: "Example: dagctl backfill show 3")

    @Argument(help: "The backfill's number, as dagctl backfill list shows it.")
    var id: Int

    @Option(help: "The most dates to show.")
    var limit = 100

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(limit) else {
            throw ValidationError("--limit: must be between 1 and 100, is \(limit)")
        }
    }

    func run() async throws {
        let client = try await server.connect()
        let backfill = try await client.get(["backfills", "\(id)"])
        let dates =
            try await client.get(["backfills", "\(id)", "dag_runs"], [("limit", "\(limit)")])["backfill_dag_runs"]?
            .elements ?? []
        if output.output == .json {
            guard case .object(let members) = backfill else { return }
            return print(
                JSONValue.object(members.merging(["backfill_dag_runs": .array(dates)]) { _, new in new }).indentedJSON)
        }
        output.show(backfill) { Self.fields(backfill) }
        print(([""] + Self.table(dates).lines(.current)).joined(separator: "\n"))
    }

    static func fields(_ backfill: JSONValue) -> [(String, Table.Cell)] {
        let tasks = backfill["selected_task_ids"]?.elements.compactMap(\.stringValue) ?? []
        return [
            ("Backfill", Table.Cell(Format.text(backfill["id"]), .bold)),
            ("DAG", Table.Cell(Format.text(backfill["dag_id"]))), ("State", BackfillCommand.state(backfill)),
            ("From", Table.Cell(Format.time(backfill["from_date"]))),
            ("To", Table.Cell(Format.time(backfill["to_date"]))),
            ("Dates", Table.Cell(progress(backfill["progress"]))),
            ("Order", Table.Cell(backfill["run_backwards"] == .bool(true) ? "newest first" : "oldest first")),
            ("At once", Table.Cell(Format.text(backfill["max_active_runs"]))),
            ("Reprocess", Table.Cell(Format.text(backfill["reprocess_behavior"]))),
            ("Tasks", Table.Cell(tasks.joined(separator: ", "))),
            (
                "Parameters",
                Table.Cell(backfill["dag_run_conf"] == .object([:]) ? "" : Format.text(backfill["dag_run_conf"]))
            ),
            ("Created", Table.Cell(Format.time(backfill["created_at"]))),
            ("Completed", Table.Cell(Format.time(backfill["completed_at"]))),
        ]
    }

    /// `12: 3 success, 1 failed, 8 waiting`.
    private static func progress(_ progress: JSONValue?) -> String {
        let parts = ["success", "failed", "running", "queued", "waiting", "skipped"].compactMap { name -> String? in
            guard case .int(let count)? = progress?[name], count > 0 else { return nil }
            return "\(count) \(name)"
        }
        return "\(Format.text(progress?["total"])): \(parts.joined(separator: ", "))"
    }

    static func table(_ dates: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "#", alignsRight: true), .init(title: "Logical date"), .init(title: "State"),
            .init(title: "Run", least: 20, cutsMiddle: true),
        ])
        table.rows = dates.map { date in
            let reason = date["exception_reason"]?.stringValue
            let isWaiting = reason == nil && date["dag_run_state"] == .null
            return [
                Table.Cell(Format.text(date["sort_ordinal"])), Table.Cell(Format.time(date["logical_date"]), .bold),
                reason.map { Table.Cell($0) } ?? (isWaiting ? "waiting" : Format.state(date["dag_run_state"])),
                Table.Cell(Format.text(date["dag_run_id"])),
            ]
        }
        return table
    }
}
