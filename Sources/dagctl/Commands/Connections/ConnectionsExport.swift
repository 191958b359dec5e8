import ArgumentParser
import DAGModel
import Foundation
import Store

/// `dagctl connections export`
struct ConnectionsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all connections to a file, with *** for their secrets.",
        discussion: """
            An import of the file keeps the stored secrets.

            Example: dagctl connections export connections.yaml
            Example: dagctl connections export - | less
            """)

    @Argument(
        help: "The file, whose ending says how it is written: .json, .yaml or .env. - is standard output, as JSON.")
    var file: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        guard let format = file == "-" ? .json : ConnectionFile.Format(path: file) else {
            throw CommandFailure(.wrongUsage, "\(file): has none of the endings .json, .yaml and .env")
        }
        let answers = try await server.connect().all(["connections"], "connections")
        let export = ConnectionExport(answers.map(Connection.init))
        do {
            let text =
                switch format {
                case .json: export.json + "\n"
                case .yaml: try export.yaml()
                case .env: export.environment()
                }
            if file == "-" { return Terminal.write(text) }
            try ConnectionExport.write(text, to: file, withSecrets: false)
        } catch {
            throw CommandFailure(
                .failed, error.problems.map { "\(file): \($0.reason)" }.joined(separator: "\ndagctl: "))
        }
        print("exported \(answers.count) connections to \(file)")
    }
}

extension Connection {
    fileprivate init(_ answer: JSONValue) {
        let port: Int? = if case .int(let port)? = answer["port"] { Int(port) } else { nil }
        self.init(
            id: Format.text(answer["connection_id"]), type: Format.text(answer["conn_type"]),
            description: answer["description"]?.stringValue, host: answer["host"]?.stringValue,
            login: answer["login"]?.stringValue, password: answer["password"]?.stringValue,
            schema: answer["schema"]?.stringValue, port: port, extra: answer["extra"]?.stringValue)
    }
}
