package import DAGModel
internal import Postgres

extension StateStore {
    /// Keeps a token, as its SHA-256 hash; the token itself is stored nowhere.
    ///
    /// - Parameter name: For whom it was made; the name is shown as who triggered a run.
    package func saveToken(hash: [UInt8], name: String, now: Instant, expiresAt: Instant? = nil) async throws {
        _ = try await pool.query(
            """
            INSERT INTO api_token (hash, name, created_at, expires_at)
            VALUES (\(hash), \(name), \(now.timestamp), \(expiresAt?.timestamp))
            ON CONFLICT (hash) DO NOTHING
            """)
    }

    /// The name of a token that has not expired; nil for any other.
    package func tokenName(hash: [UInt8], now: Instant) async throws -> String? {
        try await pool.query(
            """
            SELECT name FROM api_token
            WHERE hash = \(hash) AND (expires_at IS NULL OR expires_at > \(now.timestamp))
            """
        ).first.map { try $0.text("name") }
    }
}
