import ArgumentParser
import DAGModel
import Foundation
import Postgres
import Store
import Supervision

/// `dagctl db …`
struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Migrate, check and clean the database.",
        discussion:
            "The server of dagctl standalone migrates its own database when it starts.\n\nExample: dagctl db check",
        subcommands: [DatabaseMigrate.self, DatabaseCheck.self, DatabaseClean.self])
}

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help:
            "The database, as postgres://user@host/name. Defaults to SLIPSTREAM_DATABASE_URL, then to that of a running standalone server."
    )
    var database: String?

    @Option(
        name: .customLong("data"),
        help: "The standalone server's data folder. Defaults to SLIPSTREAM_DATA, then to ~/.local/share/slipstream.")
    var dataFolder: String?

    /// The address to connect to. A password belongs into the environment or a password file, never on a command line.
    func url(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        if let database { return database }
        if let named = environment["SLIPSTREAM_DATABASE_URL"], !named.isEmpty { return named }
        let folder = dataFolder.map { DataFolder(path: DataFolder.absolute($0)) } ?? .usual(environment)
        let sockets = folder.file("postgres/socket")
        guard FileManager.default.fileExists(atPath: sockets + "/.s.PGSQL.5432") else {
            throw CommandFailure(
                .unreachable,
                "no database: set SLIPSTREAM_DATABASE_URL; no standalone server runs in the data folder \(folder.path)")
        }
        let host = sockets.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "host='\(host)' port=5432 dbname=postgres user=slipstream"
    }

    /// Opens a connection for the body; what goes wrong becomes a sentence.
    func connected<Result: Sendable>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let url = try url()
        let loop = try EventLoop(name: "database")
        do {
            let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), on: loop)
            let result = try await body(connection)
            await connection.close()
            return result
        } catch let error as PostgresError {
            throw CommandFailure(error.isUnavailable ? .unreachable : .failed, "\(error)")
        } catch let error as StoreError {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}

/// `dagctl db migrate`
struct DatabaseMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date.",
        discussion: """
            Migrations go forward only: keep a backup. Several programs may migrate at once; one does.

            Example: SLIPSTREAM_DATABASE_URL=postgres://slipstream@db/slipstream dagctl db migrate
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var options: DatabaseOptions

    func run() async throws {
        let applied = try await options.connected { try await Migrator($0).migrate() }
        if output.output == .json {
            let entries = applied.map { migration in
                JSONValue.object(["version": .int(Int64(migration.version)), "name": .string(migration.name)])
            }
            return print(JSONValue.array(entries).indentedJSON)
        }
        for migration in applied { print("applied schema version \(migration.version) (\(migration.name))") }
        if applied.isEmpty { print("The schema is up to date.") }
    }
}

/// `dagctl db check`
struct DatabaseCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check that the database can be reached and has this release's schema.",
        discussion: "Changes nothing; ends with 1 when the schema is another.\n\nExample: dagctl db check")

    @OptionGroup var options: DatabaseOptions

    func run() async throws {
        let version = try await options.connected { connection in
            try await Migrator(connection).check()
            return connection.serverVersion
        }
        print("PostgreSQL \(version / 10_000).\(version % 10_000) has the schema of this release.")
    }
}
