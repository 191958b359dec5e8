package import DAGModel
internal import Postgres

/// One progress line or metric value of an attempt.
package struct ReportRecord: Sendable, Hashable {
    package var reportedAt: Instant
    /// A JSON object.
    package var content: String
}

extension StateStore {
    package func addReports(_ reports: [(attempt: Int64, at: Instant, content: String)]) async throws {
        _ = try await pool.query(
            """
            INSERT INTO report (attempt, reported_at, content)
            SELECT * FROM unnest(
                \(reports.map(\.attempt))::bigint[], \(reports.map(\.at.timestamp))::timestamptz[],
                \(reports.map(\.content))::text[])
            """)
    }

    /// What an attempt reported, oldest first.
    package func reports(attempt: Int64) async throws -> [ReportRecord] {
        try await pool.query("SELECT reported_at, content FROM report WHERE attempt = \(attempt) ORDER BY reported_at")
            .map { ReportRecord(reportedAt: try $0.instant("reported_at"), content: try $0.text("content")) }
    }
}
