import ArgumentParser
import DAGModel

/// `dagctl backfill pause`
struct BackfillPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start no more runs of a backfill.",
        discussion: """
            Runs that have begun go on.

            Example: dagctl backfill pause 3
            """)

    @OptionGroup var change: BackfillChange

    func run() async throws { try await change.send("pause", "paused") }
}

/// `dagctl backfill unpause`
struct BackfillUnpause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Let a paused backfill go on.",
        discussion: "Example: dagctl backfill unpause 3", aliases: ["resume"])

    @OptionGroup var change: BackfillChange

    func run() async throws { try await change.send("unpause", "goes on") }
}

/// `dagctl backfill cancel`
struct BackfillCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a backfill.",
        discussion: """
            No run of it is made any more, and runs that have not begun end as failed. Runs that have begun go on: cancel them with \
            dagctl runs cancel.

            Example: dagctl backfill cancel 3
            """)

    @OptionGroup var change: BackfillChange

    func run() async throws { try await change.send("cancel", "cancelled") }
}

/// What the commands that change a backfill have in common.
struct BackfillChange: ParsableArguments {
    @Argument(help: "The backfill's number, as dagctl backfill list shows it.")
    var id: Int

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func send(_ verb: String, _ done: String) async throws {
        let answer = try await server.connect().send("PUT", ["backfills", "\(id)", verb])
        print(output.output == .json ? answer.indentedJSON : "backfill \(id): \(done)")
    }
}
