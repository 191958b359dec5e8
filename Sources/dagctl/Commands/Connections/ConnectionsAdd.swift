import ArgumentParser
import DAGModel
import Foundation
import Store

/// `dagctl connections add`
struct ConnectionsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a connection, or change one with --overwrite.",
        discussion: """
            A password on a command line is seen by everybody on the machine: give it on standard input with --password-stdin, or \
            give the whole connection, as JSON or URI, with --stdin.

            Example: dagctl connections add minio --type aws --login raw --password-stdin < password
            Example: echo 'aws://raw:secret@' | dagctl connections add minio --stdin
            """)

    @Argument(help: "The connection's id.")
    var id: String

    @Option(name: .customLong("type"), help: "The kind of system, such as aws, http or postgres.")
    var type: String?

    @Option(help: "The host's name or address.")
    var host: String?

    @Option(help: "The port.")
    var port: Int?

    @Option(help: "The user or access key.")
    var login: String?

    @Option(help: "The schema, database, bucket or path.")
    var schema: String?

    @Option(help: "A sentence for people.")
    var description: String?

    @Option(help: "More settings, as a JSON object without secrets.")
    var extra: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @Flag(name: .customLong("stdin"), help: "Read the connection from standard input, as a URI or a JSON object.")
    var fromStdin = false

    @Flag(help: "Change a connection that exists.")
    var overwrite = false

    @OptionGroup var server: ServerOptions

    func validate() throws {
        let given =
            [type, host, login, schema, description, extra].contains { $0 != nil } || port != nil || passwordStdin
        if fromStdin, given {
            throw ValidationError("--stdin: the connection on standard input is complete; leave the other options out")
        }
        if !fromStdin, type == nil {
            throw ValidationError("--type: is missing; give it, or the whole connection with --stdin")
        }
    }

    func run() async throws {
        let entry = try entry()
        let client = try await server.connect()
        try await client.store([entry], existing: overwrite ? .overwrite : .fail)
        print("\(overwrite ? "stored" : "added") \(id)")
    }

    private func entry() throws -> ConnectionEntry {
        var input = ""
        if fromStdin || passwordStdin {
            let bytes = FileHandle.standardInput.readDataToEndOfFile()
            guard let text = String(data: bytes, encoding: .utf8) else {
                throw CommandFailure(.wrongUsage, "standard input: is not a text in UTF-8")
            }
            input = text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        let value = fromStdin ? Self.value(input) : .object(members(password: passwordStdin ? input : nil))
        do {
            let text = JSONValue.object([id: value]).compactJSON
            let file = try ConnectionFile.parse(Array(text.utf8), format: .json, name: "connection")
            guard let entry = file.entries.first else { throw CommandFailure(.wrongUsage, "no connection was given") }
            return entry
        } catch let error as ConnectionFileError {
            throw CommandFailure(.wrongUsage, error.problems.map(\.description).joined(separator: "\ndagctl: "))
        }
    }

    private static func value(_ input: String) -> JSONValue {
        var reader = JSONReader(input)
        if let object = reader.read(), case .object = object { return object }
        return .string(input.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func members(password: String?) -> [String: JSONValue] {
        let texts = [
            "conn_type": type, "host": host, "login": login, "schema": schema, "description": description,
            "extra": extra,
            "password": password,
        ]
        var members = texts.compactMapValues { $0.map(JSONValue.string) }
        members["port"] = port.map { .int(Int64($0)) }
        return members
    }
}
