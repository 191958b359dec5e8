import ArgumentParser
import DAGModel
import Foundation
import Store

/// `dagctl callbacks …`
struct CallbacksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "callbacks", abstract: "List the calls of callbacks, show their logs, and call again what failed.",
        discussion: "Example: dagctl callbacks list --state failed",
        subcommands: [CallbacksList.self, CallbacksLogs.self, CallbacksRetry.self])
}

/// `dagctl callbacks list`
struct CallbacksList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what callbacks were or will be called for, the newest first.",
        discussion: "Example: dagctl callbacks list gw_training --state failed")

    @Argument(help: "Only those of this run: its id, DAG/RUN, or a DAG for its newest run.")
    var run: RunReference?

    @Option(
        name: .customLong("state"),
        help: "Only callbacks in this state: pending, running, success or failed. May be repeated.")
    var states: [String] = []

    @Option(help: "The most callbacks to list.")
    var limit = 25

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...100).contains(limit) else {
            throw ValidationError("--limit: must be between 1 and 100, is \(limit)")
        }
        let known = CallbackRecord.State.allCases.map(\.rawValue)
        for state in states where !known.contains(state) {
            throw ValidationError(
                "--state: must be one of \(known.joined(separator: ", ")), is \"\(state)\"\(suggestionText(for: state, among: known))"
            )
        }
    }

    func run() async throws {
        let client = try await server.connect()
        let path = try await run?.resolve(client).runPath ?? ["dags", "~", "dagRuns", "~"]
        let query = [("limit", "\(limit)")] + states.map { ("state", $0) }
        let callbacks = try await client.get(path + ["callbacks"], query.map { (name: $0.0, value: $0.1) })["callbacks"]
        let entries = callbacks?.elements ?? []
        output.show(entries, empty: "There are no callbacks\(states.isEmpty ? "" : " in this state").") {
            Self.table(entries)
        }
    }

    static func table(_ callbacks: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Id", alignsRight: true), .init(title: "For"),
            .init(title: "Run", least: 16, cutsMiddle: true), .init(title: "Task", least: 8, cutsMiddle: true),
            .init(title: "State"), .init(title: "Calls", alignsRight: true),
            .init(title: "Happened (UTC)", expendable: 2), .init(title: "Error", least: 12, expendable: 1),
        ])
        table.rows = callbacks.map { callback in
            [
                Table.Cell(Format.text(callback["id"])), Table.Cell(Format.text(callback["kind"])),
                Table.Cell("\(Format.text(callback["dag_id"]))/\(Format.text(callback["dag_run_id"]))"),
                Table.Cell(TasksList.name(callback), .bold), Format.state(callback["state"]),
                Table.Cell(Format.text(callback["calls"])), Table.Cell(Format.time(callback["event_at"])),
                Table.Cell(Format.text(callback["error"])),
            ]
        }
        return table
    }
}

/// `dagctl callbacks logs`
struct CallbacksLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what the calls of a callback have printed.",
        discussion: "Example: dagctl callbacks logs 12")

    @Argument(help: "The callback's id, as listed.")
    var callback: Int

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        try await client.stream(["callbacks", "\(callback)", "logs"], [], accept: "text/plain") {
            FileHandle.standardOutput.write(Data($0))
        }
    }
}

/// `dagctl callbacks retry`
struct CallbacksRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Call a callback again that has failed.",
        discussion: "Example: dagctl callbacks retry 12")

    @Argument(help: "The callback's id, as listed.")
    var callback: Int

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let answer = try await client.send(
            "PATCH", ["callbacks", "\(callback)"], body: .object(["state": .string("pending")]))
        if output.output == .json { return print(answer.indentedJSON) }
        print("Callback \(callback) is called again")
    }
}
