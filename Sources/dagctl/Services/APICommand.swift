import ArgumentParser
import Crypto
import Foundation
import Scheduler
import ServiceLifecycle
internal import Store
import UnixSignals
import WebAPI

/// `dagctl api`: an API server of its own, for installations on several hosts.
struct APICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api", abstract: "Serve the REST API against the database of SLIPSTREAM_DATABASE_URL.",
        discussion: """
            Listens on the loopback address unless told otherwise; put a proxy with TLS in front of it for other hosts.

            Example: dagctl api --data /var/lib/slipstream --port 8793
            """)

    @OptionGroup var services: ServiceOptions

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on.")
    var port = 8793

    func run() async throws {
        let log = ServiceLog.make("api")
        let parts = try await ServiceParts(services, log: log)
        let token = try parts.folder.secret("token")
        try await parts.store.saveToken(
            hash: Array(SHA256.hash(data: Data(token.utf8))), name: parts.name, now: ServiceParts.now())
        let api = API(
            store: parts.store, sealer: parts.sealer, logs: StoredLogs(PostgresLogStore(parts.store, log: log)),
            version: Release.version, logger: log, now: ServiceParts.now)
        let folder = parts.folder
        let server = APIServer(api, .init(host: host, port: port)) { port in folder.announce(port, host: host, log) }
        let group = ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        try await group.run()
    }
}
