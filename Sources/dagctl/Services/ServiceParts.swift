import ArgumentParser
import DAGModel
import Foundation
import HTTPClient
import Logging
import Postgres
import Scheduler
import Store
import Supervision

/// What every service that has a database is told.
struct ServiceOptions: ParsableArguments {
    @Option(
        name: .customLong("data"), help: "The data folder. Defaults to SLIPSTREAM_DATA or ~/.local/share/slipstream.")
    var dataFolder: String?

    var folder: DataFolder { dataFolder.map { DataFolder(path: DataFolder.absolute($0)) } ?? .usual() }
}

/// What every service that has a database is made of.
struct ServiceParts: Sendable {
    let folder: DataFolder
    /// Names this process in the database.
    let name: String
    let configuration: PostgresConfiguration
    let loop: EventLoop
    let store: StateStore
    let sealer: Sealer

    /// The parts of a service on a database that is there already and has this release's schema.
    init(_ options: ServiceOptions, log: Logger) async throws {
        guard let url = ProcessInfo.processInfo.environment["SLIPSTREAM_DATABASE_URL"], !url.isEmpty else {
            throw ServiceError(
                "SLIPSTREAM_DATABASE_URL is not set: give the PostgreSQL of the installation, or use `dagctl standalone`"
            )
        }
        let folder = options.folder
        try folder.create()
        try await self.init(folder: folder, database: url, ring: try KeyRing.load(folder.file("keys")))
        let connection = try await firstConnection(log)
        try await Migrator(connection).check()
        await connection.close()
    }

    /// A connection to the database, which is waited for while it is away: services may be started before it.
    ///
    /// - Throws: `PostgresError.configuration` for a database that will never do.
    func firstConnection(_ log: Logger) async throws -> PostgresConnection {
        var complained: ContinuousClock.Instant?
        while true {
            do {
                let connection = try await PostgresConnection.connect(configuration, on: loop)
                if complained != nil { log.notice("The database is there") }
                return connection
            } catch let error as PostgresError where error.isUnavailable {
                if complained.map({ $0 + .seconds(30) < .now }) ?? true {
                    log.warning(
                        "Waiting for the database of SLIPSTREAM_DATABASE_URL (\(error)): start it, or correct the variable"
                    )
                    complained = .now
                }
                try await loop.sleep(for: .milliseconds(500))
            }
        }
    }

    init(folder: DataFolder, database: String, ring: KeyRing) async throws {
        self.folder = folder
        name = "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)"
        configuration = PostgresConfiguration(url: database)
        loop = try EventLoop(name: "scheduler")
        sealer = Sealer(ring: ring)
        let pool = PostgresPool(configuration, size: 4, on: loop)
        let secrets = StoreSecrets(store: StateStore(pool: pool), sealer: sealer)
        store = StateStore(pool: pool, outputs: S3Outputs(secrets: secrets, http: try await HTTPSession(on: loop)))
    }

    static let now: @Sendable () -> Instant = { SystemClock.system.now().wall }
}

extension DataFolder {
    /// Lets client commands on this machine find the API.
    func announce(_ port: Int, host: String = "127.0.0.1", _ log: Logger) {
        let host =
            ["0.0.0.0", "::", "localhost"].contains(host) ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        do {
            try writePrivately("{\"url\":\"http://\(host):\(port)\"}\n", to: "api.json")
            log.notice("The API listens on http://\(host):\(port); dagctl finds it by the data folder \(path)")
        } catch {
            log.error("\(error)")
        }
    }
}
