import ArgumentParser
import DAGModel

/// `dagctl connections …`
struct ConnectionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections", abstract: "Import, export, list and change connections.",
        discussion: "Secrets are never shown.\n\nExample: dagctl connections import connections.json",
        subcommands: [
            ConnectionsList.self, ConnectionsGet.self, ConnectionsAdd.self, ConnectionsDelete.self,
            ConnectionsImport.self,
            ConnectionsExport.self,
        ])

    static func table(_ connections: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Connection", least: 14, cutsMiddle: true), .init(title: "Type", least: 6),
            .init(title: "Host", least: 12, cutsMiddle: true), .init(title: "Port", alignsRight: true),
            .init(title: "Login", least: 6, expendable: 1), .init(title: "Schema", least: 6, expendable: 2),
            .init(title: "Description", least: 12, expendable: 3),
        ])
        table.rows = connections.map { connection in
            [
                Table.Cell(Format.text(connection["connection_id"]), .bold),
                Table.Cell(Format.text(connection["conn_type"])), Table.Cell(Format.text(connection["host"])),
                Table.Cell(Format.text(connection["port"])), Table.Cell(Format.text(connection["login"])),
                Table.Cell(Format.text(connection["schema"])), Table.Cell(Format.text(connection["description"])),
            ]
        }
        return table
    }
}

/// `dagctl connections list`
struct ConnectionsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the connections.", discussion: "Example: dagctl connections list -o json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let connections = try await server.connect().all(["connections"], "connections")
        output.show(connections, empty: "There are no connections.") { ConnectionsCommand.table(connections) }
    }
}

/// `dagctl connections get`
struct ConnectionsGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a connection, with *** for its secrets.",
        discussion: "Example: dagctl connections get minio")

    @Argument(help: "The connection's id.")
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let connection = try await server.connect().get(["connections", id])
        output.show(connection) {
            [
                ("Connection", Table.Cell(Format.text(connection["connection_id"]), .bold)),
                ("Type", Table.Cell(Format.text(connection["conn_type"]))),
                ("Description", Table.Cell(Format.text(connection["description"]))),
                ("Host", Table.Cell(Format.text(connection["host"]))),
                ("Port", Table.Cell(Format.text(connection["port"]))),
                ("Login", Table.Cell(Format.text(connection["login"]))),
                ("Password", Table.Cell(Format.text(connection["password"]))),
                ("Schema", Table.Cell(Format.text(connection["schema"]))),
                ("Extra", Table.Cell(Format.text(connection["extra"]))),
            ]
        }
    }
}

/// `dagctl connections delete`
struct ConnectionsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete connections, all or none.",
        discussion: "Example: dagctl connections delete minio")

    @Argument(help: "The connections' ids.")
    var ids: [String]

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let action = JSONValue.object(["action": .string("delete"), "entities": .array(ids.map(JSONValue.string))])
        _ = try await server.connect().send("PATCH", ["connections"], body: .object(["actions": .array([action])]))
        for id in ids { print("deleted \(id)") }
    }
}
