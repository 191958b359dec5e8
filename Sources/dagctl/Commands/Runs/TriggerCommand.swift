import ArgumentParser
import DAGModel
import Foundation

/// `dagctl trigger`
struct TriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Start a run of a DAG.",
        discussion: """
            Values of --param are read by the parameter's type: a text as it stands, numbers and true or false as such, lists and \
            objects as JSON. With --follow the command shows the tasks as they go on and ends with 1 when the run fails.

            Example: dagctl trigger gw_training --param epochs=5 --follow
            Example: dagctl trigger gw_training --params params.json --run-id trial-7
            """)

    @Argument(help: "The DAG's id.")
    var dag: String

    @OptionGroup var params: ParamOptions

    @Option(help: "The run's id. Defaults to manual__ and the time.")
    var runID: String?

    @Option(help: "The run's logical date, such as 2026-01-31T03:00:00Z. Defaults to now.")
    var logicalDate: String?

    @Option(help: "A note for people.")
    var note: String?

    @Flag(help: "Show the tasks until the run has ended.")
    var follow = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let date = try logicalInstant()
        let client = try await server.connect()
        let details = try await client.get(["dags", dag, "details"])
        let given = try params.values(of: details)
        let run = try await client.send("POST", ["dags", dag, "dagRuns"], body: body(given, date))
        if details["is_paused"] == .bool(true) {
            Terminal.complain("dagctl: \(dag) is paused, so the run waits; start it with dagctl dags unpause \(dag)")
        }
        guard follow else { return show(run) }
        let follower = RunFollower(client: client, run: run, tasks: try await taskOrder(client), terminal: .current)
        let end = try await follower.follow(quietly: output.output == .json)
        if output.output == .json { print(end.indentedJSON) }
        if end["state"]?.stringValue != "success" { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func show(_ run: JSONValue) {
        if output.output == .json { return print(run.indentedJSON) }
        print(Format.text(run["dag_run_id"]))
    }

    private func taskOrder(_ client: APIClient) async throws -> [String] {
        try await client.get(["dags", dag, "tasks"])["tasks"]?.elements.compactMap { $0["task_id"]?.stringValue } ?? []
    }

    private func body(_ params: [String: JSONValue], _ date: Instant) -> JSONValue {
        var members: [String: JSONValue] = ["conf": .object(params), "logical_date": .string(date.iso8601)]
        members["dag_run_id"] = runID.map(JSONValue.string)
        members["note"] = note.map(JSONValue.string)
        return .object(members)
    }

    private func logicalInstant() throws -> Instant {
        guard let logicalDate else { return Format.now }
        if let instant = Instant(iso8601: logicalDate) { return instant }
        throw CommandFailure(
            .wrongUsage,
            "--logical-date: must be a date or time such as 2026-01-31 or 2026-01-31T03:00:00Z, is \"\(logicalDate)\"")
    }
}
