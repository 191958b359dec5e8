package import DAGModel
internal import Postgres

// What the leader does with large outputs while nobody waits for it.
extension StateStore {
    /// Removes large outputs that no XCom names, with their objects: of attempts that failed, of instances that were cleared, of runs that are gone.
    /// Nothing else has to remove them.
    ///
    /// - Parameters:
    ///   - before: Younger ones stay: their attempts may be about to succeed.
    ///   - isWanted: The attempt may still succeed.
    ///   - epoch: The leader's.
    /// - Returns: How many were removed.
    package func removeUnreferencedOutputs(
        before: Instant, epoch: Int64, isWanted: @Sendable (_ attempt: Int64) async -> Bool
    ) async throws -> Int {
        let unreferenced = try await pool.query(
            """
            SELECT \(StoredLargeOutput.columns) FROM assert_leader(\(epoch)), large_output l LEFT JOIN dag_run r ON r.id = l.run
            WHERE l.created_at < \(before.timestamp) AND \(Self.isUnreferenced) ORDER BY l.created_at LIMIT 1000
            """
        ).map(StoredLargeOutput.init)
        var removed = 0
        for stored in unreferenced where await !isWanted(stored.attempt) {
            if let place = stored.place { try await remove(place, of: stored) }
            removed += try await pool.execute(
                "DELETE FROM large_output l WHERE l.attempt = \(stored.attempt) AND \(Self.isUnreferenced)")
        }
        return removed
    }

    private static let isUnreferenced: SQL = """
        NOT EXISTS (
            SELECT FROM xcom x WHERE x.run = l.run AND x.task_id = l.task_id AND x.map_index = l.map_index
                AND x.key = 'return_value' AND x.attempt = l.attempt)
        """

    private func remove(_ place: OutputPlace, of stored: StoredLargeOutput) async throws {
        guard let outputs else { return }
        do { try await outputs.remove(place) } catch {
            throw StoreError.outputUnreachable("\(stored.name) is of no use any more, and cannot be removed: \(error)")
        }
    }

    /// The next large output of a success that is in the database, by its attempt.
    package func outputHere(after attempt: Int64) async throws -> StoredLargeOutput? {
        try await pool.query(
            """
            SELECT \(StoredLargeOutput.columns) FROM large_output l LEFT JOIN dag_run r ON r.id = l.run
            WHERE l.uri IS NULL AND l.attempt > \(attempt) AND NOT \(Self.isUnreferenced) ORDER BY l.attempt LIMIT 1
            """
        ).first.map(StoredLargeOutput.init)
    }

    /// Moves an output out of the database. It is checked on its way, and read from there once it is stored there.
    package func move(_ stored: StoredLargeOutput, to place: OutputPlace) async throws {
        guard let outputs else { return }
        let text = try await text(ofOutput: stored.attempt)
        do { try await outputs.put(Array(text.utf8), at: place) } catch {
            throw StoreError.outputUnreachable("\(stored.name) cannot be moved to \(place.uri): \(error)")
        }
        _ = try await pool.query(
            """
            WITH moved AS (
                UPDATE large_output SET uri = \(place.uri), connection = \(place.connection)
                WHERE attempt = \(stored.attempt) AND uri IS NULL RETURNING attempt)
            UPDATE large_output_part p SET content = NULL FROM moved WHERE p.attempt = moved.attempt
            """)
    }
}
