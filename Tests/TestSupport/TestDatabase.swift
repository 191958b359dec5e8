package import Postgres

/// A database of one's own on a test server, dropped with its last reference.
package final class TestDatabase: Sendable {
    package let name: String
    package let server: TestPostgres

    init(name: String, server: TestPostgres) {
        self.name = name
        self.server = server
    }

    deinit {
        let (name, server) = (name, server)
        Task { await server.drop(name) }
    }

    /// For libpq and for `psql`.
    package var url: String { server.url(database: name) }

    package var configuration: PostgresConfiguration { PostgresConfiguration(url: url) }
}
