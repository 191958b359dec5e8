import ArgumentParser
import DAGModel

/// `dagctl dags pause`
struct DAGsPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop scheduling a DAG; running tasks go on.",
        discussion: "Example: dagctl dags pause gw_training")

    @Argument(help: "The DAG's id. Several may be given.")
    var dags: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws { try await setPaused(dags, true, output, server) }
}

/// `dagctl dags unpause`
struct DAGsUnpause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Schedule a DAG again.",
        discussion: "Example: dagctl dags unpause gw_training")

    @Argument(help: "The DAG's id. Several may be given.")
    var dags: [String]

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws { try await setPaused(dags, false, output, server) }
}

private func setPaused(_ dags: [String], _ isPaused: Bool, _ output: OutputOptions, _ server: ServerOptions)
    async throws
{
    let client = try await server.connect()
    var answers: [JSONValue] = []
    for dag in dags {
        answers.append(try await client.send("PATCH", ["dags", dag], body: .object(["is_paused": .bool(isPaused)])))
        if output.output == .table { print("\(dag) is \(isPaused ? "paused" : "on")") }
    }
    if output.output == .json { print(JSONValue.array(answers).indentedJSON) }
}
