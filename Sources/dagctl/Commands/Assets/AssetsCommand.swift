import ArgumentParser
import DAGModel

/// `dagctl assets …`
struct AssetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assets", abstract: "Show assets and their updates, and tell of updates.",
        discussion: """
            An asset is data that tasks update and that schedules wait for. DAG files declare assets.

            Example: dagctl assets emit s3://raw/strain --extra '{"files": 12}'
            """,
        subcommands: [
            AssetsList.self, AssetsShow.self, AssetsEvents.self, AssetsQueue.self, AssetsEmit.self,
            AssetsMaterialize.self,
        ])
}

/// An asset as a user names it: its name, or its URI.
struct AssetReference: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }

    static let help: ArgumentHelp = "The asset's name or URI."

    /// Finds the asset; one that no DAG names any more, too.
    func resolve(_ client: APIClient) async throws -> JSONValue {
        let uri = Asset(text).uri
        let assets = try await client.all(["assets"], "assets", [("only_active", "false"), ("order_by", "-id")])
        let active = { (asset: JSONValue) in !asset.referencingDAGs.isEmpty }
        let found = assets.filter { $0["name"] == .string(text) || $0["uri"] == .string(uri) }
        if let asset = found.first(where: active) ?? found.first { return asset }
        let names = assets.filter(active).compactMap { $0["name"]?.stringValue }
        throw CommandFailure(
            .notFound,
            "there is no asset \"\(text)\"\(suggestionText(for: text, among: names)); assets are declared in DAG files, as outlets, "
                + "inlets and schedules")
    }
}

extension JSONValue {
    /// The id of an asset, as a part of a path.
    var assetID: String { Format.text(self["id"]) }

    /// `dag.task` of each task in a list of an asset.
    func tasks(_ list: String) -> String {
        (self[list]?.elements ?? []).map { "\(Format.text($0["dag_id"])).\(Format.text($0["task_id"]))" }
            .joined(separator: ", ")
    }

    var scheduledDAGs: String {
        (self["scheduled_dags"]?.elements ?? []).map { Format.text($0["dag_id"]) }.joined(separator: ", ")
    }

    fileprivate var referencingDAGs: [JSONValue] {
        ["scheduled_dags", "producing_tasks", "consuming_tasks"].flatMap { self[$0]?.elements ?? [] }
    }
}

/// `dagctl assets list`
struct AssetsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the assets that DAGs name, and when they were updated.",
        discussion: "Example: dagctl assets list -o json")

    @Flag(help: "Also assets that no DAG names any more.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let query = [(name: "only_active", value: all ? "false" : "true"), (name: "order_by", value: "name")]
        let assets = try await server.connect().all(["assets"], "assets", query)
        output.show(assets, empty: "No DAG names an asset.") {
            var table = Table(columns: [
                .init(title: "Asset", least: 16, cutsMiddle: true), .init(title: "Updated (UTC)"),
                .init(title: "By tasks", least: 10, expendable: 2), .init(title: "Starts DAGs", least: 10),
                .init(title: "URI", least: 16, expendable: 3, cutsMiddle: true),
            ])
            table.rows = assets.map { asset in
                [
                    Table.Cell(Format.text(asset["name"]), .bold),
                    Table.Cell(Format.time(asset["last_asset_event"]?["timestamp"])),
                    Table.Cell(asset.tasks("producing_tasks")), Table.Cell(asset.scheduledDAGs),
                    Table.Cell(Format.text(asset["uri"])),
                ]
            }
            return table
        }
    }
}

/// `dagctl assets show`
struct AssetsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an asset: who updates it, who reads it, and which DAGs wait for it.",
        discussion: "Example: dagctl assets show s3://raw/strain", aliases: ["details"])

    @Argument(help: AssetReference.help)
    var asset: AssetReference

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let asset = try await asset.resolve(try await server.connect())
        output.show(asset) {
            [
                ("Asset", Table.Cell(Format.text(asset["name"]), .bold)),
                ("URI", Table.Cell(Format.text(asset["uri"]))),
                ("Group", Table.Cell(Format.text(asset["group"]))),
                ("Extra", Table.Cell(asset["extra"] == .object([:]) ? "" : Format.text(asset["extra"]))),
                ("Updated", Table.Cell(Format.time(asset["last_asset_event"]?["timestamp"]))),
                ("By tasks", Table.Cell(asset.tasks("producing_tasks"))),
                ("Read by", Table.Cell(asset.tasks("consuming_tasks"))),
                ("Starts DAGs", Table.Cell(asset.scheduledDAGs)),
            ]
        }
    }
}

/// `dagctl assets events`
struct AssetsEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List updates of assets, the newest first, and the runs that they caused.",
        discussion: "Example: dagctl assets events s3://raw/strain --limit 5")

    @Argument(help: "Only updates of this asset: its name or URI.")
    var asset: AssetReference?

    @Option(help: "Only updates by tasks of this DAG.")
    var dag: String?

    @Option(help: "The most updates to list.")
    var limit = 25

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(limit) else {
            throw ValidationError("--limit: must be between 1 and 100, is \(limit)")
        }
    }

    func run() async throws {
        let client = try await server.connect()
        var query = [(name: "order_by", value: "-id"), (name: "limit", value: "\(limit)")]
        if let asset { query.append(("asset_id", try await asset.resolve(client).assetID)) }
        if let dag { query.append(("source_dag_id", dag)) }
        let events = try await client.get(["assets", "events"], query)["asset_events"]?.elements ?? []
        output.show(events, empty: "There are no updates.") { Self.table(events) }
    }

    static func table(_ events: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Time (UTC)"), .init(title: "Asset", least: 12, cutsMiddle: true),
            .init(title: "By", least: 12), .init(title: "In run", least: 16, expendable: 2, cutsMiddle: true),
            .init(title: "Runs", least: 16, cutsMiddle: true), .init(title: "Extra", least: 8, expendable: 1),
        ])
        table.rows = events.map { event in
            let runs = (event["created_dagruns"]?.elements ?? []).map {
                "\(Format.text($0["dag_id"]))/\(Format.text($0["run_id"]))"
            }
            return [
                Table.Cell(Format.time(event["timestamp"])), Table.Cell(Format.text(event["name"]), .bold),
                Table.Cell(source(event)), Table.Cell(Format.text(event["source_run_id"])),
                Table.Cell(runs.joined(separator: ", ")),
                Table.Cell(event["extra"] == .object([:]) ? "" : Format.text(event["extra"])),
            ]
        }
        return table
    }

    private static func source(_ event: JSONValue) -> String {
        guard let dag = event["source_dag_id"]?.stringValue else { return "a person or program" }
        var name = "\(dag).\(Format.text(event["source_task_id"]))"
        if case .int(let index)? = event["source_map_index"], index >= 0 { name += "[\(index)]" }
        return name
    }
}
