import ArgumentParser
import DAGModel

/// `dagctl dags errors`
struct DAGsErrors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "List the files that are no DAGs, and why.",
        discussion: "Ends with 1 when there are any.\n\nExample: dagctl dags errors")

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let client = try await server.connect()
        let errors = try await client.all(["importErrors"], "import_errors")
        let bundles = try await client.get(["dagBundles"])["dag_bundles"]?.elements ?? []
        let broken = bundles.filter { $0["error"]?.stringValue != nil }
        if output.output == .json {
            print(JSONValue.array(broken.map(Self.importError) + errors).indentedJSON)
        } else {
            show(errors, broken)
        }
        if !errors.isEmpty || !broken.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func show(_ errors: [JSONValue], _ broken: [JSONValue]) {
        for bundle in broken { print(Self.sentence(bundle)) }
        for error in errors { print(Format.text(error["stack_trace"])) }
        if errors.isEmpty, broken.isEmpty { print("No import errors.") }
    }

    /// A bundle that cannot be followed, in the form of a file's error.
    private static func importError(_ bundle: JSONValue) -> JSONValue {
        .object([
            "bundle_name": bundle["name"] ?? .null, "filename": .null, "stack_trace": .string(sentence(bundle)),
            "timestamp": bundle["synced_at"] ?? .null,
        ])
    }

    private static func sentence(_ bundle: JSONValue) -> String {
        let (place, error) = ("bundle \(Format.text(bundle["name"])): ", Format.text(bundle["error"]))
        return error.hasPrefix(place) ? error : place + error
    }
}
