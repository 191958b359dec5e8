import Postgres
import Supervision
import TestSupport

/// A fresh database and a loop for connections to it.
struct DatabaseBundle {
    let loop: EventLoop
    let database: TestDatabase

    func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(database.configuration, on: loop)
    }

    /// Runs the body with a database of its own; the loop is stopped afterwards.
    static func with(
        _ server: TestPostgres? = nil, _ body: @Sendable (DatabaseBundle) async throws -> Void
    ) async throws {
        let database =
            if let server { try await server.freshDatabase() } else { try await TestPostgres.freshDatabase() }
        let loop = try EventLoop(name: "postgres-tests")
        do { try await body(DatabaseBundle(loop: loop, database: database)) } catch {
            loop.shutdown()
            throw error
        }
        loop.shutdown()
    }
}
