import ArgumentParser
import DAGModel
import Foundation

/// Which server a command talks to.
struct ServerOptions: ParsableArguments {
    @Option(
        help:
            "The server's address, such as http://127.0.0.1:8793. Defaults to SLIPSTREAM_SERVER, then to the standalone server of the data folder."
    )
    var server: String?

    @Option(
        name: .customLong("data"),
        help: "The standalone server's data folder. Defaults to SLIPSTREAM_DATA, then to ~/.local/share/slipstream.")
    var dataFolder: String?

    func connect() async throws -> APIClient {
        try await APIClient(try ServerLocation.find(server: server, dataFolder: dataFolder))
    }
}

/// How a command shows its result.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "table for people, json for programs.")
    var output = OutputFormat.table
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// A server and the token for it.
struct ServerLocation: Hashable {
    var url: String
    var token: String

    /// Finds the server. The token is SLIPSTREAM_TOKEN, or the data folder's own, which is sent to that folder's server only.
    static func find(
        server: String?, dataFolder: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ServerLocation {
        let folder = dataFolder.map { DataFolder(path: DataFolder.absolute($0)) } ?? .usual(environment)
        let local = localURL(folder)
        let given = server ?? environment["SLIPSTREAM_SERVER"].flatMap { $0.isEmpty ? nil : $0 }
        guard let url = given.map(trimmed) ?? local else {
            throw CommandFailure(
                .unreachable,
                "no server: none runs in the data folder \(folder.path); start one with dagctl standalone, or name one with "
                    + "--server or SLIPSTREAM_SERVER")
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw CommandFailure(.wrongUsage, "--server: must begin with http:// or https://, is \"\(url)\"")
        }
        if let token = environment["SLIPSTREAM_TOKEN"], !token.isEmpty { return ServerLocation(url: url, token: token) }
        guard url == local else {
            throw CommandFailure(
                .notAllowed,
                "no token for \(url): set SLIPSTREAM_TOKEN to the text of the token file in the server's data folder")
        }
        return ServerLocation(url: url, token: try localToken(folder))
    }

    private static func trimmed(_ url: String) -> String { String(url.reversed().drop { $0 == "/" }.reversed()) }

    private static func localURL(_ folder: DataFolder) -> String? {
        guard let text = try? String(contentsOfFile: folder.file("api.json"), encoding: .utf8) else { return nil }
        var reader = JSONReader(text)
        return reader.read()?["url"]?.stringValue
    }

    private static func localToken(_ folder: DataFolder) throws -> String {
        let file = folder.file("token")
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(
                .notAllowed, "the token file \(file) cannot be read: run this as the user who runs the server")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
