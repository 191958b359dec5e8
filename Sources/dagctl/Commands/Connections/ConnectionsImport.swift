import ArgumentParser
import DAGModel
import Foundation
import Store

/// `dagctl connections import`
struct ConnectionsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store the connections of a file, all or none.",
        discussion: """
            The file is what airflow connections export writes: .json, .yaml or .env, with objects or URIs. A secret that the file \
            leaves out, or shows as ***, keeps its stored value.

            Example: dagctl connections import connections.json
            """)

    @Argument(help: "The file.")
    var file: String

    @Option(help: "What to do with connections that exist: overwrite, skip or fail.")
    var existing = ExistingPolicy.overwrite

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let content: ConnectionFile
        do { content = try ConnectionFile.read(file) } catch {
            throw CommandFailure(.wrongUsage, error.description.split(separator: "\n").joined(separator: "\ndagctl: "))
        }
        for warning in content.warnings { Terminal.complain("dagctl: \(warning)") }
        let client = try await server.connect()
        let stored = try await client.store(content.entries, existing: existing)
        print("imported \(stored.count) of \(content.entries.count) connections: \(stored.joined(separator: ", "))")
    }
}

enum ExistingPolicy: String, ExpressibleByArgument, CaseIterable {
    case overwrite, skip, fail
}

extension APIClient {
    /// Stores connections with one request, all or none; returns the ids of those that were stored.
    @discardableResult
    func store(_ entries: [ConnectionEntry], existing: ExistingPolicy) async throws -> [String] {
        let action = JSONValue.object([
            "action": .string("create"), "action_on_existence": .string(existing.rawValue),
            "entities": .array(entries.map(\.entity)),
        ])
        let answer = try await send("PATCH", ["connections"], body: .object(["actions": .array([action])]))
        return answer["create"]?["success"]?.elements.compactMap(\.stringValue) ?? []
    }
}

extension ConnectionEntry {
    /// What the API takes. A secret that is kept is left out.
    fileprivate var entity: JSONValue {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        var members: [String: JSONValue] = [
            "connection_id": .string(connection.id), "conn_type": .string(connection.type),
            "description": text(connection.description), "host": text(connection.host), "login": text(connection.login),
            "schema": text(connection.schema), "port": connection.port.map { .int(Int64($0)) } ?? .null,
        ]
        members["password"] = Self.member(password)
        members["extra"] = Self.member(extra)
        return .object(members)
    }

    private static func member(_ update: SecretUpdate<String>) -> JSONValue? {
        switch update {
        case .keep: nil
        case .clear: .null
        case .set(let value): .string(value)
        }
    }
}
