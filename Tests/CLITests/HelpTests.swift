import Testing

/// The commands and subcommands, as one types them.
private let commands = [
    "", "standalone", "scheduler", "worker", "api", "dags", "dags list", "dags show", "dags next", "dags errors",
    "dags sync",
    "dags pause",
    "dags unpause", "dags test", "trigger", "runs", "runs list", "runs show", "runs cancel", "runs mark",
    "assets", "assets list", "assets show", "assets events", "assets queue", "assets emit", "assets materialize",
    "tasks", "tasks list", "tasks mark", "tasks output", "tasks why", "tasks waiting", "approve", "answer", "event",
    "event send",
    "callbacks", "callbacks list", "callbacks logs", "callbacks retry",
    "clear", "backfill", "backfill create", "backfill list",
    "backfill show",
    "backfill pause", "backfill unpause", "backfill cancel", "logs", "plan", "simulate", "init",
    "check", "connections", "connections list", "connections get", "connections add", "connections delete",
    "connections import", "connections export", "variables", "variables list", "variables get", "variables set",
    "variables delete", "variables import", "variables export", "pools", "pools list", "pools get", "pools set",
    "pools delete", "db", "db migrate", "db check", "db clean", "version",
]

@Suite struct HelpTests {
    @Test(arguments: commands) func `help fits 80 columns and tells the exit codes`(command: String) async throws {
        let help = try await CLI().run([CLI.dagctl] + command.split(separator: " ").map(String.init) + ["--help"])
        #expect(help.code == 0)
        #expect(help.errors.isEmpty)
        for line in help.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(help.output.contains("EXIT CODES:\n  0  success\n"))
        try Snapshot.check("help/\(command.isEmpty ? "dagctl" : command.replacing(" ", with: "-"))", help.output)
    }

    @Test func `every command that help names is recorded`() async throws {
        for parent in commands {
            let help = try await CLI().run([CLI.dagctl] + parent.split(separator: " ").map(String.init) + ["--help"])
                .output
            let sections = help.split(separator: "SUBCOMMANDS:\n").dropFirst()
            for line in sections.flatMap({ $0.split(separator: "\n", omittingEmptySubsequences: false) }) {
                guard let name = line.firstMatch(of: #/^  ([a-z-]+)  /#)?.output.1 else { continue }
                #expect(commands.contains(parent.isEmpty ? String(name) : "\(parent) \(name)"), "\(parent) \(name)")
            }
        }
    }

    @Test func `wrong usage ends with 2 and says how it is meant`() async throws {
        let unknown = try await CLI()("tirgger", "hello")
        #expect(unknown.code == 2)
        #expect(unknown.errors.contains("tirgger"))
        let missing = try await CLI()("trigger")
        #expect(missing.code == 2)
        #expect(missing.errors.contains("Usage: dagctl trigger <dag>"))
        for line in missing.errors.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}
