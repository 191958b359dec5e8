package import DAGModel
internal import Foundation
internal import Postgres

extension StateStore {
    /// Every DAG, by id; `isPresent` tells whether its file is in the newest commit.
    package func dags() async throws -> [DAGRecord] {
        try await pool.query("SELECT * FROM dag ORDER BY dag_id").map(DAGRecord.init)
    }

    package func dag(_ dagID: String) async throws -> DAGRecord? {
        try await pool.query("SELECT * FROM dag WHERE dag_id = \(dagID)").first.map(DAGRecord.init)
    }

    package func version(_ id: Int64) async throws -> VersionRecord? {
        try await pool.query("SELECT * FROM dag_version WHERE id = \(id)").first.map(VersionRecord.init)
    }

    /// The current version of every DAG that its bundle still has.
    package func currentVersions() async throws -> [VersionRecord] {
        try await pool.query(
            "SELECT v.* FROM dag_version v JOIN dag d ON d.version_id = v.id WHERE d.is_present ORDER BY v.dag_id"
        )
        .map(VersionRecord.init)
    }

    /// Pauses or unpauses a DAG and tells the leader.
    ///
    /// - Returns: False when there is no such DAG.
    package func setPaused(_ dagID: String, _ isPaused: Bool, now: Instant) async throws -> Bool {
        let rows = try await pool.query(
            """
            WITH changed AS (
                UPDATE dag SET is_paused = \(isPaused), pause_reason = NULL, updated_at = \(now.timestamp) WHERE dag_id = \(dagID)
                RETURNING dag_id)
            SELECT dag_id, pg_notify('slipstream', 'dag:' || dag_id) IS NULL AS told FROM changed
            """)
        return rows.first != nil
    }

    /// Makes a described DAG the current version of its DAG, creating either as needed. The same artifact and helper files as a version
    /// that exists make that one current again.
    package func publish(_ version: NewVersion, now: Instant) async throws -> Int64 {
        let document = String(decoding: try JSONEncoder.sorted.encode(version.document), as: UTF8.self)
        let deadlines = version.document.deadlines
        let deadlineText =
            deadlines.isEmpty ? nil : String(decoding: try JSONEncoder.sorted.encode(deadlines), as: UTF8.self)
        let publish: SQL =
            """
            WITH existing AS (
                SELECT id FROM dag_version
                WHERE dag_id = \(version.document.id) AND artifact = \(version.artifact) AND files = \(version.files)),
            created AS (
                INSERT INTO dag_version (
                    dag_id, number, bundle, file, commit_id, artifact, files, fingerprint, document, deadlines,
                    created_at)
                SELECT \(version.document.id),
                    coalesce((SELECT max(number) FROM dag_version WHERE dag_id = \(version.document.id)), 0) + 1,
                    \(version.bundle), \(version.file), \(version.commit), \(version.artifact), \(version.files),
                    \(version.fingerprint), \(document), \(deadlineText)::jsonb,
                    \(now.timestamp)
                WHERE NOT EXISTS (SELECT FROM existing)
                RETURNING id),
            current AS (SELECT id FROM existing UNION ALL SELECT id FROM created),
            published AS (
                INSERT INTO dag (
                    dag_id, bundle, file, version_id, is_paused, is_present, first_seen_at, updated_at)
                SELECT \(version.document.id), \(version.bundle), \(version.file), id,
                    \(version.document.isPausedUponCreation), true, \(now.timestamp), \(now.timestamp)
                FROM current
                ON CONFLICT (dag_id) DO UPDATE SET bundle = excluded.bundle, file = excluded.file,
                    version_id = excluded.version_id, is_present = true, updated_at = excluded.updated_at)
            SELECT id, pg_notify('slipstream', 'dag:' || \(version.document.id)) IS NULL AS told FROM current
            """
        // One at a time for each DAG, so that nobody takes a number or an artifact twice.
        let lock: SQL =
            "SELECT pg_advisory_xact_lock(hashtext('publish'), hashtext(\(version.document.id))) IS NULL AS locked"
        let patience: SQL = "SELECT set_config('lock_timeout', '0', true)"
        let types = version.document.tasks.filter { $0.outputShape != nil }
        let schemas: SQL =
            """
            INSERT INTO output_schema (fingerprint, type_name, shape)
            SELECT DISTINCT ON (fingerprint) fingerprint, type_name, shape
            FROM unnest(
                \(types.compactMap(\.outputSchema))::text[], \(types.map(\.outputType))::text[],
                \(types.compactMap { $0.outputShape?.compactJSON })::text[]) AS u (fingerprint, type_name, shape)
            ORDER BY fingerprint
            ON CONFLICT DO NOTHING
            """
        let rows = try await pool.pipeline(
            [patience, lock, publish, schemas] + version.document.assetStatements(now: now))[2]
        guard let row = rows.first else {
            throw StoreError.unknownValue(column: "dag_version", value: version.document.id)
        }
        return try row["id", as: Int64.self]
    }

    /// Marks the DAGs of a bundle that are no longer in it; their runs stay, and get no new ones.
    package func retireDAGs(bundle: String, keeping dagIDs: [String], now: Instant) async throws {
        _ = try await pool.query(
            """
            WITH changed AS (
                UPDATE dag SET is_present = false, updated_at = \(now.timestamp)
                WHERE bundle = \(bundle) AND is_present AND NOT dag_id = ANY (\(dagIDs)::text[])
                RETURNING dag_id),
            dropped AS (DELETE FROM asset_queue q USING changed WHERE q.dag_id = changed.dag_id)
            SELECT pg_notify('slipstream', 'dag:' || dag_id) IS NULL AS told FROM changed
            """)
    }
}

/// A described DAG that is to become current.
package struct NewVersion: Sendable {
    package var bundle: String
    package var file: String
    package var commit: String
    package var artifact: String
    package var files: String
    package var fingerprint: String
    package var document: DAGDocument

    package init(
        bundle: String, file: String, commit: String, artifact: String, files: String, fingerprint: String,
        document: DAGDocument
    ) {
        self.bundle = bundle
        self.file = file
        self.commit = commit
        self.artifact = artifact
        self.files = files
        self.fingerprint = fingerprint
        self.document = document
    }
}

extension DAGRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            dagID: try row.text("dag_id"), bundle: try row.text("bundle"), file: try row.text("file"),
            versionID: try row["version_id", as: Int64.self], isPaused: try row["is_paused", as: Bool.self],
            pauseReason: try row["pause_reason", as: String?.self],
            isPresent: try row["is_present", as: Bool.self], firstSeenAt: try row.instant("first_seen_at"),
            updatedAt: try row.instant("updated_at"))
    }
}

extension VersionRecord {
    init(_ row: PostgresRow) throws {
        let text = try row.text("document")
        self.init(
            id: try row["id", as: Int64.self], dagID: try row.text("dag_id"), number: try row.int("number"),
            bundle: try row.text("bundle"), file: try row.text("file"), commit: try row.text("commit_id"),
            artifact: try row.text("artifact"), files: try row.text("files"), fingerprint: try row.text("fingerprint"),
            document: try JSONDecoder().decode(DAGDocument.self, from: Data(text.utf8)),
            createdAt: try row.instant("created_at"))
    }
}

extension JSONEncoder {
    static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
