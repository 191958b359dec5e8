import ArgumentParser
import DAGModel

/// `dagctl tasks output`
struct TasksOutput: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "output", abstract: "Print the value that a task has left, as JSON.",
        discussion: """
            Of a value above 64 KiB it tells the size, the SHA-256 and where it is; --whole prints it.

            Example: dagctl tasks output gw_training split --whole > folds.json
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id, or train[3] for one instance of a mapped task.")
    var task: TaskReference

    @Flag(help: "Print the value however large it is.")
    var whole = false

    @Option(name: [.customShort("o"), .long], help: "table for people, json for programs: the entry with its value.")
    var output = OutputFormat.table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let entry = try await client.get(
            run.runPath + ["taskInstances", task.id, "xcomEntries", "return_value"],
            [("deserialize", "\(whole)")] + (task.mapIndex.map { [("map_index", "\($0)")] } ?? []))
        if output == .json { return print(entry.indentedJSON) }
        guard !whole, let reference = entry["reference"] else { return print((entry["value"] ?? .null).indentedJSON) }
        let fields = Fields([
            ("Size", Table.Cell("\(Format.text(entry["size"])) bytes of JSON")),
            ("SHA-256", Table.Cell(Format.text(entry["sha256"]))), ("Kept at", Table.Cell(Format.text(reference))),
            ("Value", Table.Cell("print it with --whole")),
        ])
        for line in fields.lines(.current) { print(line) }
    }
}
