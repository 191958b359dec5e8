import ArgumentParser
import DAGModel

/// `dagctl approve`
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve or reject what a task asks for.",
        discussion: """
            dagctl tasks waiting lists what waits for an answer.

            Example: dagctl approve gw_training/trial-7 publish
            Example: dagctl approve gw_training publish --reject
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id, or publish[3] for one instance of a mapped task.")
    var task: TaskReference

    @Flag(help: "Reject it: what is downstream is skipped.")
    var reject = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await sendAnswer([reject ? "Reject" : "Approve"], [:], run, task, try await server.connect())
    }
}

/// `dagctl answer`
struct AnswerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer what a task asks.",
        discussion: """
            dagctl tasks waiting lists what waits for an answer, with the options.

            Example: dagctl answer gw_training/trial-7 stage production
            Example: dagctl answer gw_training rows all --param limit=20
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id, or stage[3] for one instance of a mapped task.")
    var task: TaskReference

    @Argument(help: "The option, or the options where several may be chosen.")
    var options: [String]

    @Option(
        name: .customLong("param"),
        help: "A further value that is asked for, as name=value, JSON or text. May be repeated.")
    var params: [String] = []

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if options.isEmpty { throw ValidationError("choose an option; dagctl tasks waiting lists them") }
        for param in params where !param.contains("=") {
            throw ValidationError("--param: must be name=value, is \"\(param)\"")
        }
    }

    func run() async throws {
        var values: [String: JSONValue] = [:]
        for param in params {
            let parts = param.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            var reader = JSONReader(parts[1])
            values[parts[0]] = reader.read() ?? .string(parts[1])
        }
        try await sendAnswer(options, values, run, task, try await server.connect())
    }
}

private func sendAnswer(
    _ options: [String], _ params: [String: JSONValue], _ run: RunReference, _ task: TaskReference, _ client: APIClient
) async throws {
    let path =
        try await run.resolve(client).runPath + ["taskInstances", task.id, "\(task.mapIndex ?? -1)", "hitlDetails"]
    let body = JSONValue.object([
        "chosen_options": .array(options.map(JSONValue.string)), "params_input": .object(params),
    ])
    _ = try await client.send("PATCH", path, body: body)
    print("\(task.id)\(task.mapIndex.map { "[\($0)]" } ?? ""): \(options.joined(separator: ", "))")
}
