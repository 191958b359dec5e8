package import DAGModel
internal import Postgres

/// A source of DAGs, as stored.
package struct BundleRecord: Sendable, Hashable {
    package var name: String
    package var source: String
    package var commit: String?
    package var syncedAt: Instant?
    /// Why the newest commit could not be fetched; nil when it was.
    package var error: String?
}

/// A file that is no DAG: what the compiler or the describer said.
package struct ImportErrorRecord: Sendable, Hashable {
    package var bundle: String
    package var file: String
    /// 0 when unknown.
    package var line: Int
    package var column: Int
    package var message: String
    package var commit: String
    package var createdAt: Instant

    package init(
        bundle: String, file: String, line: Int, column: Int, message: String, commit: String, createdAt: Instant
    ) {
        self.bundle = bundle
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.commit = commit
        self.createdAt = createdAt
    }
}

extension StateStore {
    package func bundles() async throws -> [BundleRecord] {
        try await pool.query("SELECT * FROM bundle ORDER BY name").map { row in
            BundleRecord(
                name: try row.text("name"), source: try row.text("source"),
                commit: try row["commit_id", as: String?.self],
                syncedAt: try row.optionalInstant("synced_at"), error: try row["error", as: String?.self])
        }
    }

    /// Notes the outcome of a sync.
    package func saveBundle(name: String, source: String, commit: String?, error: String?, now: Instant) async throws {
        _ = try await pool.query(
            """
            INSERT INTO bundle (name, source, commit_id, synced_at, error)
            VALUES (\(name), \(source), \(commit), \(now.timestamp), \(error))
            ON CONFLICT (name) DO UPDATE SET source = excluded.source,
                commit_id = coalesce(excluded.commit_id, bundle.commit_id), synced_at = excluded.synced_at,
                error = excluded.error
            """)
    }

    /// Replaces the import errors of a bundle.
    package func saveImportErrors(bundle: String, _ errors: [ImportErrorRecord]) async throws {
        _ = try await pool.pipeline([
            "DELETE FROM import_error WHERE bundle = \(bundle)",
            """
            INSERT INTO import_error (bundle, file, line, "column", message, commit_id, created_at)
            SELECT DISTINCT ON (file, line, "column", message) \(bundle), file, line, "column", message, commit_id, created_at
            FROM unnest(
                \(errors.map(\.file))::text[], \(errors.map { Int32($0.line) })::int[],
                \(errors.map { Int32($0.column) })::int[], \(errors.map(\.message))::text[],
                \(errors.map(\.commit))::text[], \(errors.map(\.createdAt.timestamp))::timestamptz[]
            ) AS e (file, line, "column", message, commit_id, created_at)
            """,
        ])
    }

    package func importErrors() async throws -> [ImportErrorRecord] {
        try await pool.query("SELECT * FROM import_error ORDER BY bundle, file, line, \"column\"").map { row in
            ImportErrorRecord(
                bundle: try row.text("bundle"), file: try row.text("file"), line: try row.int("line"),
                column: try row.int("column"), message: try row.text("message"), commit: try row.text("commit_id"),
                createdAt: try row.instant("created_at"))
        }
    }

    /// Asks the leader to sync a bundle at once.
    package func requestSync(bundle: String) async throws {
        _ = try await pool.query("SELECT pg_notify('slipstream', 'bundle:' || \(bundle)::text) IS NULL AS told")
    }
}
