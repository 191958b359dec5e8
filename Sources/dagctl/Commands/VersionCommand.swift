import ArgumentParser
import DAGModel

/// `dagctl version`
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program, and of the server that it finds.",
        discussion: "Example: dagctl version -o json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let found = try? await server.connect().get(["version"])["version"]?.stringValue
        let remote = found ?? nil
        if output.output == .json {
            return print(
                JSONValue.object(["client": .string(Release.version), "server": remote.map(JSONValue.string) ?? .null])
                    .indentedJSON)
        }
        print("dagctl \(Release.version)")
        if let remote { print("server \(remote)") }
    }
}
