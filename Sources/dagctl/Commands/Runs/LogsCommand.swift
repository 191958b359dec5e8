import ArgumentParser
import DAGModel
import Foundation

/// `dagctl logs`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the log of a task.",
        discussion: """
            Without --try it is the log of the last try. With --follow it goes on until the try ends.

            Example: dagctl logs -f gw_training train
            Example: dagctl logs gw_training train --map-index 3 --try 1
            """)

    @Argument(help: RunReference.help)
    var run: RunReference

    @Argument(help: "The task's id; train[3] means --map-index 3.")
    var task: String

    @Flag(name: [.customShort("f"), .long], help: "Go on while the task runs.")
    var follow = false

    @Option(name: .customLong("try"), help: "The number of the try, from 1. Defaults to the last one.")
    var tryNumber: Int?

    @Option(help: "The instance of a mapped task, from 0.")
    var mapIndex: Int?

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if let tryNumber, tryNumber < 1 { throw ValidationError("--try: must be at least 1, is \(tryNumber)") }
        if let mapIndex, mapIndex < 0 { throw ValidationError("--map-index: must be at least 0, is \(mapIndex)") }
    }

    func run() async throws {
        let client = try await server.connect()
        let run = try await run.resolve(client)
        let (id, index) = Self.split(task)
        try await Self.waitForInstance(id, index ?? mapIndex, run, client, follow: follow)
        let path = run.runPath + ["taskInstances", id, "logs", "\(tryNumber ?? 0)"]
        var query = [(name: "follow", value: follow ? "true" : "false")]
        if let index = index ?? mapIndex { query.append(("map_index", "\(index)")) }
        try await client.stream(path, query, accept: "text/plain") { FileHandle.standardOutput.write(Data($0)) }
    }

    /// A run that has just been created has no task instances yet; somebody who follows waits for them.
    private static func waitForInstance(
        _ id: String, _ index: Int?, _ run: JSONValue, _ client: APIClient, follow: Bool
    ) async throws {
        while follow {
            let state = try await client.get(run.runPath)["state"]?.stringValue
            let tasks = try await client.get(run.runPath + ["taskInstances"], [("limit", "1")])["total_entries"]
            guard state == "queued" || tasks == .int(0), state != "failed", state != "success" else { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    static func split(_ task: String) -> (String, Int?) {
        guard task.hasSuffix("]"), let open = task.lastIndex(of: "["),
            let index = Int(task[task.index(after: open)...].dropLast())
        else { return (task, nil) }
        return (String(task[..<open]), index)
    }
}
