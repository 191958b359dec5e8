internal import DAGModel
internal import Postgres

/// Which DAGs, in which order: a page of them.
package struct DAGQuery: Sendable {
    package var isPaused: Bool?
    /// Only DAGs whose file is in the newest commit. Defaults to true.
    package var onlyPresent = true
    /// A part of the id, without regard to case.
    package var idPart: String?
    package var bundle: String?
    /// DAGs with at least one of these tags; empty for all.
    package var tags: [String] = []
    package var descending = false
    package var limit: Int
    package var offset: Int

    package init(limit: Int, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }

    fileprivate var condition: SQL {
        """
        (\(isPaused)::bool IS NULL OR d.is_paused = \(isPaused)::bool) AND (d.is_present OR NOT \(onlyPresent))
        AND (\(idPart)::text IS NULL OR position(lower(\(idPart)::text) IN lower(d.dag_id)) > 0)
        AND (\(bundle)::text IS NULL OR d.bundle = \(bundle)::text)
        AND (cardinality(\(tags)::text[]) = 0 OR EXISTS (
            SELECT FROM json_array_elements_text(v.document::json -> 'tags') AS t (tag) WHERE t.tag = ANY (\(tags)::text[])))
        """
    }
}

/// A DAG with its current version and its newest run.
package struct DAGOverview: Sendable {
    package var dag: DAGRecord
    package var version: VersionRecord
    package var lastRun: RunRecord?
    package var hasImportErrors: Bool
}

extension StateStore {
    /// A page of DAGs, by id.
    package func dags(_ query: DAGQuery) async throws -> [DAGOverview] {
        let order = query.descending ? RawSQL("d.dag_id DESC") : RawSQL("d.dag_id")
        let rows = try await pool.query(
            """
            SELECT d.* FROM dag d JOIN dag_version v ON v.id = d.version_id WHERE \(query.condition)
            ORDER BY \(raw: order) LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """)
        return try await overviews(try rows.map(DAGRecord.init))
    }

    /// The number of DAGs that a query would give without a limit.
    package func count(_ query: DAGQuery) async throws -> Int {
        let rows = try await pool.query(
            "SELECT count(*) AS n FROM dag d JOIN dag_version v ON v.id = d.version_id WHERE \(query.condition)")
        return Int(try rows.one()["n", as: Int64.self])
    }

    package func overview(_ dagID: String) async throws -> DAGOverview? {
        guard let dag = try await dag(dagID) else { return nil }
        return try await overviews([dag]).first
    }

    private func overviews(_ dags: [DAGRecord]) async throws -> [DAGOverview] {
        guard !dags.isEmpty else { return [] }
        let results = try await pool.pipeline([
            "SELECT * FROM dag_version WHERE id = ANY (\(dags.map(\.versionID))::bigint[])",
            """
            SELECT r.* FROM unnest(\(dags.map(\.dagID))::text[]) AS d (dag_id)
            CROSS JOIN LATERAL (SELECT * FROM dag_run WHERE dag_id = d.dag_id ORDER BY id DESC LIMIT 1) r
            """,
            "SELECT DISTINCT bundle, file FROM import_error",
        ])
        let versions = try Dictionary(results[0].map(VersionRecord.init).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let runs = try Dictionary(results[1].map(RunRecord.init).map { ($0.dagID, $0) }, uniquingKeysWith: { $1 })
        let broken = Set(try results[2].map { [try $0.text("bundle"), try $0.text("file")] })
        return dags.compactMap { dag in
            versions[dag.versionID].map {
                DAGOverview(
                    dag: dag, version: $0, lastRun: runs[dag.dagID],
                    hasImportErrors: broken.contains([dag.bundle, dag.file]))
            }
        }
    }

    /// The ids of the DAGs whose files are in the newest commit.
    package func dagIDs() async throws -> [String] {
        try await pool.query("SELECT dag_id FROM dag WHERE is_present ORDER BY dag_id").map { try $0.text("dag_id") }
    }

    /// The versions of a DAG, the oldest first.
    package func versions(dagID: String) async throws -> [VersionRecord] {
        try await pool.query("SELECT * FROM dag_version WHERE dag_id = \(dagID) ORDER BY number").map(
            VersionRecord.init)
    }

    package func versions(_ ids: some Sequence<Int64>) async throws -> [Int64: VersionRecord] {
        let rows = try await pool.query("SELECT * FROM dag_version WHERE id = ANY (\(Array(ids))::bigint[])")
        return try Dictionary(rows.map(VersionRecord.init).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }
}
