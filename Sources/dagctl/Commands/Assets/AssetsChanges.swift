import ArgumentParser
import DAGModel

/// `dagctl assets queue`
struct AssetsQueue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Show the updates that wait until the rest of a schedule's assets is updated.",
        discussion: """
            Updates wait here for each DAG until they are enough for its schedule, and while the DAG has as many active runs as it may. With \
            --clear they cause no run any more; the next run still has them among its events.

            Example: dagctl assets queue training
            Example: dagctl assets queue training --clear
            """)

    @Argument(help: "Only the queue of this DAG.")
    var dag: String?

    @Option(help: "Only updates of this asset: its name or URI.")
    var asset: AssetReference?

    @Flag(help: "Empty the queue.")
    var clear = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        if clear, dag == nil, asset == nil {
            throw ValidationError("--clear: name the DAG, or the asset with --asset, whose queue is to be emptied")
        }
    }

    func run() async throws {
        let client = try await server.connect()
        var path = ["assets", "queuedEvents"]
        if let asset { path.insert(try await asset.resolve(client).assetID, at: 1) }
        if asset == nil || dag != nil { path = ["dags", dag ?? "~"] + path }
        if let dag { _ = try await client.get(["dags", dag]) }
        if clear {
            _ = try await client.send("DELETE", path)
            return print("emptied the queue of \(dag ?? asset?.text ?? "")")
        }
        let queued = try await Self.queued(client, path)
        output.show(queued, empty: "No update waits.") {
            var table = Table(columns: [
                .init(title: "DAG", least: 10, cutsMiddle: true), .init(title: "Asset", least: 16, cutsMiddle: true),
                .init(title: "Waits since (UTC)"), .init(title: "Updates", alignsRight: true),
            ])
            table.rows = queued.map { entry in
                [
                    Table.Cell(Format.text(entry["dag_id"]), .bold), Table.Cell(Format.text(entry["asset_name"])),
                    Table.Cell(Format.time(entry["created_at"])), Table.Cell(Format.text(entry["events"])),
                ]
            }
            return table
        }
    }

    /// The entries of a queue; the API answers 404 when there are none.
    static func queued(_ client: APIClient, _ path: [String]) async throws -> [JSONValue] {
        do {
            let answer = try await client.get(path)
            return answer["queued_events"]?.elements ?? [answer]
        } catch let failure as CommandFailure where failure.status == .notFound {
            return []
        }
    }
}

/// `dagctl assets emit`
struct AssetsEmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit", abstract: "Tell of an update of an asset that no task made.",
        discussion: """
            The DAGs whose schedules wait for the asset get their runs, as after an update by a task.

            Example: dagctl assets emit s3://raw/strain --extra '{"files": 12}'
            """)

    @Argument(help: AssetReference.help)
    var asset: AssetReference

    @Option(help: "What is told along with the update: a JSON object.")
    var extra: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        var members: [String: JSONValue] = [:]
        if let extra {
            var reader = JSONReader(extra)
            guard case .object(let object)? = reader.read() else {
                throw ValidationError("--extra: must be a JSON object, such as '{\"files\": 12}', is \"\(extra)\"")
            }
            members = object
        }
        let client = try await server.connect()
        let asset = try await asset.resolve(client)
        guard let id = asset["id"] else { return }
        let event = try await client.send(
            "POST", ["assets", "events"], body: .object(["asset_id": id, "extra": .object(members)]))
        if output.output == .json { return print(event.indentedJSON) }
        let dags = asset.scheduledDAGs
        print(
            "\(Format.text(asset["name"])) is updated; "
                + (dags.isEmpty ? "no DAG waits for it" : "DAGs that wait for it: \(dags)"))
    }
}

/// `dagctl assets materialize`
struct AssetsMaterialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "materialize", abstract: "Start a run of the DAG whose task updates an asset.",
        discussion: "Example: dagctl assets materialize s3://models/gw")

    @Argument(help: AssetReference.help)
    var asset: AssetReference

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let asset = try await asset.resolve(client)
        let run = try await client.send("POST", ["assets", asset.assetID, "materialize"])
        if output.output == .json { return print(run.indentedJSON) }
        print("\(Format.text(run["dag_id"]))/\(Format.text(run["dag_run_id"]))")
    }
}
