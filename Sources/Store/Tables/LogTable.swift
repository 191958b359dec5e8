package import DAGModel
internal import Postgres

/// Bytes of an attempt's log from an offset on.
package struct LogChunk: Sendable, Hashable {
    package var attempt: Int64
    package var start: Int64
    package var bytes: [UInt8]
    package var isLast: Bool

    package init(attempt: Int64, start: Int64, bytes: [UInt8], isLast: Bool) {
        self.attempt = attempt
        self.start = start
        self.bytes = bytes
        self.isLast = isLast
    }
}

extension StateStore {
    /// Keeps chunks. They may be lost with the server's last moments: logs do not wait for the disk.
    package func addLogChunks(_ chunks: [LogChunk], now: Instant) async throws {
        _ = try await pool.pipeline([
            "SET LOCAL synchronous_commit = off",
            """
            INSERT INTO log_chunk (attempt, start, bytes, is_last, written_at)
            SELECT attempt, start, bytes, is_last, \(now.timestamp)
            FROM unnest(
                \(chunks.map(\.attempt))::bigint[], \(chunks.map(\.start))::bigint[], \(chunks.map(\.bytes))::bytea[],
                \(chunks.map(\.isLast))::boolean[]) AS c (attempt, start, bytes, is_last)
            """,
        ])
    }

    /// The chunks of an attempt that reach beyond an offset, in order; at most `limit` of them.
    package func logChunks(attempt: Int64, from offset: Int64, limit: Int) async throws -> [LogChunk] {
        try await pool.query(
            """
            SELECT start, bytes, is_last FROM log_chunk
            WHERE attempt = \(attempt) AND (start + octet_length(bytes) > \(offset) OR is_last)
            ORDER BY start, octet_length(bytes) LIMIT \(Int64(limit))
            """
        ).map {
            LogChunk(
                attempt: attempt, start: try $0["start", as: Int64.self], bytes: try $0["bytes", as: [UInt8].self],
                isLast: try $0["is_last", as: Bool.self])
        }
    }
}
