import ArgumentParser
import DAGModel

/// `dagctl tasks mark`
struct TasksMark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Say how a task ended, whatever it does now.",
        discussion: """
            A task that is running is stopped. What failed downstream of it is cleared, so that the run goes on from there.

            Example: dagctl tasks mark gw_training/trial-7 whiten --state success
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id, or train[3] for one instance of a mapped task.")
    var task: TaskReference

    @Option(help: "The state: success, failed or skipped.")
    var state: String

    @Flag(help: "Also all that the task depends on.")
    var upstream = false

    @Flag(help: "Also all that depends on the task.")
    var downstream = false

    @Flag(help: "Also the same task of earlier runs.")
    var past = false

    @Flag(help: "Also the same task of later runs.")
    var future = false

    @Flag(help: "Show what would be marked, and mark nothing.")
    var dryRun = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws { try checkState(state, among: ["success", "failed", "skipped"]) }

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let path = run.runPath + ["taskInstances", task.id] + (task.mapIndex.map { ["\($0)"] } ?? [])
        let body = JSONValue.object([
            "new_state": .string(state), "include_upstream": .bool(upstream), "include_downstream": .bool(downstream),
            "include_past": .bool(past), "include_future": .bool(future),
        ])
        let answer = try await client.send("PATCH", path + (dryRun ? ["dry_run"] : []), body: body)
        let tasks = answer["task_instances"]?.elements ?? []
        if dryRun || output.output == .json {
            return output.show(tasks, empty: "There is nothing to mark.") { ClearCommand.table(tasks) }
        }
        for task in tasks { print("\(TasksList.name(task)): \(state)") }
    }
}

func checkState(_ state: String, among known: [String]) throws {
    guard !known.contains(state) else { return }
    throw ValidationError(
        "--state: must be one of \(known.joined(separator: ", ")), is \"\(state)\"\(suggestionText(for: state, among: known))"
    )
}
