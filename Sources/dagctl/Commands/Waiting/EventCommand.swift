import ArgumentParser
import DAGModel

/// `dagctl event …`
struct EventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event", abstract: "Wake tasks that wait for events.",
        discussion: "Example: dagctl event send job/17 '{\"state\": \"done\"}'", subcommands: [EventSend.self])
}

/// `dagctl event send`
struct EventSend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Say that something happened; the tasks that wait for it go on.",
        discussion: """
            The last event of each key is kept for a week: a task that was already running when it was sent, and begins to wait for it \
            later, has it at once.

            Example: dagctl event send job/17 '{"state": "done"}'
            """)

    @Argument(help: "The key that the tasks wait for.")
    var key: String

    @Argument(help: "What the tasks are told: JSON. Defaults to null.")
    var data: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        var body: [String: JSONValue] = ["key": .string(key)]
        if let data {
            var reader = JSONReader(data)
            guard let value = reader.read() else {
                throw ValidationError("the data must be JSON, is \"\(data)\"; quote texts, as in '\"done\"'")
            }
            body["data"] = value
        }
        let answer = try await server.connect().send("POST", ["events"], body: .object(body))
        let woken = answer["woken"]?.elements ?? []
        output.show(woken, empty: "No task waits for \(key) now.") {
            var table = Table(columns: [
                .init(title: "Run", least: 16, cutsMiddle: true), .init(title: "Task", least: 12),
            ])
            table.rows = woken.map { task in
                [
                    Table.Cell("\(Format.text(task["dag_id"]))/\(Format.text(task["dag_run_id"]))"),
                    Table.Cell(TasksList.name(task), .bold),
                ]
            }
            return table
        }
    }
}
