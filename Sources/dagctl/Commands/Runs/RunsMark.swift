import ArgumentParser
import DAGModel

/// `dagctl runs mark`
struct RunsMark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Say how a run ended, or let one that has ended go on.",
        discussion: """
            Running tasks are stopped and end in the run's state, tasks that have not begun are skipped, and teardowns still run.

            Example: dagctl runs mark gw_training/trial-7 --state success
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Option(help: "The state: success, failed or queued.")
    var state: String

    @Option(help: "A note for people.")
    var note: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws { try checkState(state, among: ["success", "failed", "queued"]) }

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        var body: [String: JSONValue] = ["state": .string(state)]
        if let note { body["note"] = .string(note) }
        let answer = try await client.send("PATCH", run.runPath, body: .object(body))
        if output.output == .json { return print(answer.indentedJSON) }
        let now = Format.text(answer["state"])
        print("\(Format.text(run["dag_run_id"])): \(now == state ? state : "\(state) once its teardowns have run")")
    }
}
