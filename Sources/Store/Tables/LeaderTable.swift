internal import DAGModel
internal import Postgres

/// Who leads, as stored.
package struct LeaderRecord: Sendable, Hashable {
    package var epoch: Int64
    package var name: String
    /// Where workers reach the leader: `unix:/path` or `tcp:host:port`.
    package var address: String
    /// Seconds since the leader was last alive, by the database's clock; nil when it has stepped down.
    package var silence: Double?
    /// SHA-256 of the token that its workers show; empty before any scheduler has led.
    package var workerToken: [UInt8] = []
}

extension StateStore {
    package func leader() async throws -> LeaderRecord? {
        try await pool.query(
            """
            SELECT epoch, name, address, worker_token,
                CASE WHEN isfinite(renewed_at) THEN extract(epoch FROM clock_timestamp() - renewed_at)::float8 END AS silence
            FROM leader
            """
        ).first.map { row in
            LeaderRecord(
                epoch: try row["epoch", as: Int64.self], name: try row.text("name"), address: try row.text("address"),
                silence: try row["silence", as: Double?.self], workerToken: try row["worker_token", as: [UInt8].self])
        }
    }

    /// Takes the lead from a leader that has stepped down or been silent for a lease.
    ///
    /// - Parameters:
    ///   - workerToken: SHA-256 of the token that workers have to show.
    ///   - lease: In seconds.
    /// - Returns: The new epoch, or nil when another scheduler leads or was faster.
    package func takeLead(
        from epoch: Int64, name: String, address: String, workerToken: [UInt8] = [], lease: Double
    ) async throws -> Int64? {
        try await pool.query(
            """
            UPDATE leader SET epoch = epoch + 1, name = \(name), address = \(address), worker_token = \(workerToken),
                renewed_at = clock_timestamp()
            WHERE epoch = \(epoch) AND renewed_at < clock_timestamp() - make_interval(secs => \(lease))
            RETURNING epoch
            """
        ).first.map { try $0["epoch", as: Int64.self] }
    }

    /// Says that the leader of this epoch is alive; false when another one leads.
    package func renewLead(epoch: Int64) async throws -> Bool {
        try await pool.query(
            "UPDATE leader SET renewed_at = clock_timestamp() WHERE epoch = \(epoch) RETURNING epoch"
        ).first != nil
    }

    /// Lets a standby take over at once.
    package func stepDown(epoch: Int64) async throws {
        _ = try await pool.query("UPDATE leader SET renewed_at = '-infinity' WHERE epoch = \(epoch)")
    }

    /// Creates the partitions of the months around now.
    package func ensurePartitions() async throws {
        // Two that create the same table at once would disturb each other, IF NOT EXISTS or not.
        try await pool.pipeline([
            "SELECT pg_advisory_xact_lock(hashtext('partitions'), hashtext(current_schema())) IS NULL AS locked",
            "SELECT ensure_partitions(clock_timestamp()) IS NULL AS done",
        ])
    }
}
