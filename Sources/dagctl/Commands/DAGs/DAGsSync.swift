import ArgumentParser
import DAGModel

/// `dagctl dags sync`
struct DAGsSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Fetch DAGs from their repositories at once.",
        discussion: """
            Waits until every bundle was looked at again, and ends with 1 when one could not be fetched.

            Example: git push && dagctl dags sync
            """)

    @Argument(help: "The bundle's name. Defaults to all bundles.")
    var bundle: String?

    @Option(help: "Seconds to wait for the sync; 0 to not wait.")
    var timeout = 60

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let names =
            if let bundle { [bundle] } else {
                try await client.get(["dagBundles"])["dag_bundles"]?.elements.compactMap { $0["name"]?.stringValue }
                    ?? []
            }
        guard !names.isEmpty else {
            throw CommandFailure(.notFound, "there are no bundles; start the server with --git or --bundle")
        }
        var bundles: [JSONValue] = []
        for name in names { bundles.append(try await sync(name, client)) }
        output.show(bundles, empty: "There are no bundles.") { Self.table(bundles) }
        let failed = bundles.filter { $0["error"]?.stringValue != nil }
        for bundle in failed {
            Terminal.complain("dagctl: bundle \(Format.text(bundle["name"])): \(Format.text(bundle["error"]))")
        }
        if !failed.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func sync(_ name: String, _ client: APIClient) async throws -> JSONValue {
        let path = ["dagBundles", name]
        let before = try await client.send("POST", path + ["sync"])
        let deadline = ContinuousClock.now + .seconds(timeout)
        while ContinuousClock.now < deadline {
            let now = try await client.get(path)
            if now["synced_at"] != before["synced_at"] { return now }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard timeout > 0 else { return before }
        throw CommandFailure(.failed, "bundle \(name): not synced within \(timeout) s; is a scheduler running?")
    }

    static func table(_ bundles: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Bundle", least: 8), .init(title: "Commit", least: 10), .init(title: "Synced (UTC)"),
            .init(title: "Source", least: 12, expendable: 1, cutsMiddle: true),
        ])
        table.rows = bundles.map { bundle in
            [
                Table.Cell(Format.text(bundle["name"]), .bold), Table.Cell(Format.text(bundle["bundle_version"])),
                Table.Cell(Format.time(bundle["synced_at"])), Table.Cell(Format.text(bundle["source"])),
            ]
        }
        return table
    }
}
