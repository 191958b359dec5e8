package import Postgres

/// Brings the database's schema up to date, each migration in a transaction of its own, forward only.
///
/// ```swift
/// let applied = try await Migrator(connection).migrate()
/// ```
/// Several programs may migrate at once: one does, the others wait and find it done.
package struct Migrator: Sendable {
    private let connection: PostgresConnection
    private let migrations: [Migration]

    /// - Parameter migrations: Defaults to those of this release.
    package init(_ connection: PostgresConnection, migrations: [Migration] = Migration.all) {
        self.connection = connection
        self.migrations = migrations
    }

    /// Applies what is missing.
    ///
    /// - Returns: The migrations that were applied, in order; empty when the schema was up to date.
    /// - Throws: ``StoreError/wrongSchema(_:)`` when the database is of a newer or another release, before anything is changed;
    ///   `PostgresError` when a migration fails, after which the ones before it stay applied.
    package func migrate() async throws -> [Migration] {
        var applied: [Migration] = []
        while let next = try await pending().first {
            if next.version == 1 { try await connection.run(.migrating(Self.table)) }
            if try await apply(next) { applied.append(next) }
        }
        return applied
    }

    /// The migrations that ``migrate()`` would apply. Changes nothing.
    package func pending() async throws -> [Migration] {
        let table = try await connection.query("SELECT to_regclass('schema_migration')::text AS name")
        guard try table.one()["name", as: String?.self] != nil else { return migrations }
        let applied = try await connection.query("SELECT version, checksum FROM schema_migration ORDER BY version")
        return try migrations.pending(
            after: applied.map { AppliedMigration(version: try $0.int("version"), checksum: try $0.text("checksum")) })
    }

    /// Fails unless the schema is exactly this release's.
    package func check() async throws {
        let pending = try await pending()
        guard pending.isEmpty else { throw StoreError.oldSchema(pending: pending) }
    }

    /// False when another program applied the migration in the meantime.
    private func apply(_ migration: Migration) async throws -> Bool {
        let note =
            "INSERT INTO schema_migration VALUES (\(migration.version), '\(migration.checksum)', clock_timestamp());"
        do {
            try await connection.run(.migrating(note + "\n" + migration.script))
            return true
        } catch PostgresError.server(let error) where error.constraint == "schema_migration_pkey" {
            return false
        }
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            version integer PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL
        );
        """
}

extension SQLScript {
    /// The script as one transaction that no other migrator of the same schema has at the same time, without limits of time.
    fileprivate static func migrating(_ script: String) -> SQLScript {
        let lock = """
            SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true);
            SELECT pg_advisory_xact_lock(hashtext('slipstream'), hashtext(current_schema()));

            """
        return SQLScript(embedded: Array((lock + script).utf8))
    }
}
