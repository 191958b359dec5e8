import ArgumentParser
import DAGModel
import Store

/// `dagctl variables import`
struct VariablesImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the variables of a file, all or none.",
        discussion: """
            The file is what airflow variables export writes: a JSON object of keys to values, or to objects with value and \
            description. A value that is no text is stored as its JSON; *** keeps the stored value.

            Example: dagctl variables import variables.json
            """)

    @Argument(help: "The file.")
    var file: String

    @Option(help: "What to do with variables that exist: overwrite, skip or fail.")
    var existing = ExistingPolicy.overwrite

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let content: VariableFile
        do { content = try VariableFile.read(file) } catch {
            throw CommandFailure(.wrongUsage, error.description.split(separator: "\n").joined(separator: "\ndagctl: "))
        }
        for warning in content.warnings { Terminal.complain("dagctl: \(warning)") }
        let entities = content.variables.map { variable in
            var entity: [String: JSONValue] = ["key": .string(variable.key), "value": .string(variable.value)]
            entity["description"] = variable.description.map(JSONValue.string)
            return JSONValue.object(entity)
        }
        let stored = try await server.connect().storeVariables(entities, existing: existing)
        print("imported \(stored.count) of \(entities.count) variables: \(stored.joined(separator: ", "))")
    }
}

/// `dagctl variables export`
struct VariablesExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all variables to a JSON file, with *** for hidden values.",
        discussion: """
            An import of the file keeps the stored values that are hidden.

            Example: dagctl variables export variables.json
            """)

    @Argument(help: "The file. - is standard output.")
    var file: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let answers = try await server.connect().all(["variables"], "variables")
        let variables = answers.map { answer in
            Variable(
                key: Format.text(answer["key"]), value: Format.text(answer["value"]),
                description: answer["description"]?.stringValue)
        }
        let text = VariableExport(variables).json + "\n"
        if file == "-" { return Terminal.write(text) }
        do { try ConnectionExport.write(text, to: file, withSecrets: false) } catch {
            throw CommandFailure(
                .failed, error.problems.map { "\(file): \($0.reason)" }.joined(separator: "\ndagctl: "))
        }
        print("exported \(variables.count) variables to \(file)")
    }
}
