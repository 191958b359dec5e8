import ArgumentParser
import DAGModel
import Foundation

/// `dagctl variables …`
struct VariablesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variables", abstract: "Import, export, list and change variables.",
        discussion: """
            Variables are texts that tasks read. A value whose key sounds secret, such as api_key, is shown as *** and never leaves \
            the server.

            Example: dagctl variables set stage test
            """,
        subcommands: [
            VariablesList.self, VariablesGet.self, VariablesSet.self, VariablesDelete.self, VariablesImport.self,
            VariablesExport.self,
        ])

    static func table(_ variables: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Variable", least: 14, cutsMiddle: true), .init(title: "Value", least: 10),
            .init(title: "Description", least: 12, expendable: 1),
        ])
        table.rows = variables.map { variable in
            [
                Table.Cell(Format.text(variable["key"]), .bold), Table.Cell(Format.text(variable["value"])),
                Table.Cell(Format.text(variable["description"])),
            ]
        }
        return table
    }
}

/// `dagctl variables list`
struct VariablesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the variables.", discussion: "Example: dagctl variables list -o json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let variables = try await server.connect().all(["variables"], "variables")
        output.show(variables, empty: "There are no variables.") { VariablesCommand.table(variables) }
    }
}

/// `dagctl variables get`
struct VariablesGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the value of a variable.",
        discussion: "A value that its key hides is printed as ***.\n\nExample: dagctl variables get stage")

    @Argument(help: "The variable's key.")
    var key: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let variable = try await server.connect().get(["variables", key])
        print(output.output == .json ? variable.indentedJSON : Format.text(variable["value"]))
    }
}

/// `dagctl variables set`
struct VariablesSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Store a variable, new or changed.",
        discussion: """
            The value is a text as it stands. A secret on a command line is seen by everybody on the machine: leave it out, and it is \
            read from standard input.

            Example: dagctl variables set stage test --description "Where models go"
            Example: dagctl variables set api_key < key
            """)

    @Argument(help: "The variable's key.")
    var key: String

    @Argument(help: "The value. Defaults to what standard input says.")
    var value: String?

    @Option(help: "A sentence for people. Defaults to the one that is stored.")
    var description: String?

    @OptionGroup var server: ServerOptions

    func run() async throws {
        var entity: [String: JSONValue] = ["key": .string(key), "value": .string(try value ?? Self.input())]
        entity["description"] = description.map(JSONValue.string)
        try await server.connect().storeVariables([.object(entity)], existing: .overwrite)
        print("stored \(key)")
    }

    private static func input() throws -> String {
        guard let text = String(data: FileHandle.standardInput.readDataToEndOfFile(), encoding: .utf8) else {
            throw CommandFailure(.wrongUsage, "standard input: is not a text in UTF-8")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

/// `dagctl variables delete`
struct VariablesDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete variables, all or none.",
        discussion: "Example: dagctl variables delete stage")

    @Argument(help: "The variables' keys.")
    var keys: [String]

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let action = JSONValue.object(["action": .string("delete"), "entities": .array(keys.map(JSONValue.string))])
        _ = try await server.connect().send("PATCH", ["variables"], body: .object(["actions": .array([action])]))
        for key in keys { print("deleted \(key)") }
    }
}

extension APIClient {
    /// Stores variables with one request, all or none; returns the keys of those that were stored.
    @discardableResult
    func storeVariables(_ entities: [JSONValue], existing: ExistingPolicy) async throws -> [String] {
        let action = JSONValue.object([
            "action": .string("create"), "action_on_existence": .string(existing.rawValue),
            "entities": .array(entities),
        ])
        let answer = try await send("PATCH", ["variables"], body: .object(["actions": .array([action])]))
        return answer["create"]?["success"]?.elements.compactMap(\.stringValue) ?? []
    }
}
