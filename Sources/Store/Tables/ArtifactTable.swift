package import DAGModel
internal import Postgres

extension StateStore {
    /// Keeps bytes under their hash; bytes that are there already are left alone.
    package func putArtifact(_ hash: String, _ bytes: [UInt8], now: Instant) async throws {
        _ = try await pool.query(
            """
            INSERT INTO artifact (hash, bytes, created_at) VALUES (\(hash), \(bytes), \(now.timestamp))
            ON CONFLICT (hash) DO NOTHING
            """)
    }

    package func artifact(_ hash: String) async throws -> [UInt8]? {
        try await pool.query("SELECT bytes FROM artifact WHERE hash = \(hash)").first.map {
            try $0["bytes", as: [UInt8].self]
        }
    }

    package func hasArtifact(_ hash: String) async throws -> Bool {
        try await pool.query("SELECT hash FROM artifact WHERE hash = \(hash)").first != nil
    }
}
