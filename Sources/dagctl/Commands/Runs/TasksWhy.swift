import ArgumentParser
import DAGModel

/// `dagctl tasks why`
struct TasksWhy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Say why a task waits, runs, was skipped or failed.",
        discussion: """
            Shows the evaluation of the task's trigger rule with the counts of its upstream tasks, and the limits that hold it up; with \
            --at as it was at a moment of the past, without limits.

            Example: dagctl tasks why gw_training evaluate
            Example: dagctl tasks why gw_training/trial-7 evaluate --at 2026-01-31T03:00:00Z
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id, or train[3] for one instance of a mapped task.")
    var task: TaskReference

    @Option(help: "A time in the past.")
    var at: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard let at, Instant(iso8601: at) == nil else { return }
        throw ValidationError("--at: must be a time as 2026-01-31T03:00:00Z, is \"\(at)\"")
    }

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let path =
            run.runPath + ["taskInstances", task.id] + (task.mapIndex.map { ["\($0)"] } ?? []) + ["dependencies"]
        let answer = try await client.get(path, at.map { [(name: "at", value: $0)] } ?? [])
        if output.output == .json { return print(answer.indentedJSON) }
        print("\(TasksList.name(answer)): \(Format.text(answer["summary"]))")
        for reason in answer["dependencies"]?.elements.dropFirst() ?? [] {
            print("also: \(Format.text(reason["reason"]))")
        }
        let upstream = answer["upstream_tasks"]?.elements ?? []
        guard !upstream.isEmpty else { return }
        print("\nrule: \(Format.text(answer["rule"]))\n")
        for line in Self.table(upstream).lines(.current) { print(line) }
    }

    private static func table(_ upstream: [JSONValue]) -> Table {
        var table = Table(columns: [.init(title: "Upstream", least: 14, cutsMiddle: true), .init(title: "State")])
        table.rows = upstream.map { task in
            guard case .object(let states)? = task["states"] else { return [] }
            let text = states.sorted { $0.key < $1.key }.map { state, count in
                count == .int(1) && states.count == 1 ? state : "\(Format.text(count)) \(state)"
            }
            return [
                Table.Cell(Format.text(task["task_id"]), .bold),
                Table.Cell(
                    text.joined(separator: ", "), states.count == 1 ? Style(state: states.keys.first ?? "") : .plain),
            ]
        }
        return table
    }
}
