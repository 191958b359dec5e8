internal import Crypto
package import DAGModel
internal import Postgres

// Outputs above 64 KiB. The row of xcom, whose value is empty, names them by their attempt.
extension StateStore {
    /// Begins to keep the output of an attempt; again is as good as once.
    package func keepOutput(
        _ output: LargeOutput, attempt: Int64, run: Int64, taskID: String, mapIndex: Int, now: Instant
    ) async throws {
        _ = try await pool.query(
            """
            INSERT INTO large_output (attempt, run, task_id, map_index, size, sha256, list_length, created_at)
            VALUES (\(attempt), \(run), \(taskID), \(Int32(mapIndex)), \(Int64(output.size)), \(output.sha256),
                \(output.listLength.map { Int32(clamping: $0) }), \(now.timestamp))
            ON CONFLICT (attempt) DO UPDATE SET created_at = excluded.created_at
            """)
    }

    /// Keeps a part of an output. When this returns, it is stored.
    package func keepPart(_ part: LargeOutput.Part, attempt: Int64) async throws {
        _ = try await pool.query(
            """
            INSERT INTO large_output_part (attempt, part, first_element, first_offset, sha256, content)
            VALUES (\(attempt), \(Int32(part.number)), \(part.firstElement.map { Int32(clamping: $0) }),
                \(part.firstOffset.map { Int32(clamping: $0) }), \(sha256(part.content)), \(part.content))
            ON CONFLICT (attempt, part) DO NOTHING
            """)
    }

    /// What an attempt's large output is, without its value.
    package func largeOutput(attempt: Int64) async throws -> StoredLargeOutput? {
        try await largeOutputs(attempts: [attempt]).first
    }

    func largeOutputs(attempts: [Int64]) async throws -> [StoredLargeOutput] {
        try await pool.query(
            """
            SELECT \(StoredLargeOutput.columns) FROM large_output l LEFT JOIN dag_run r ON r.id = l.run
            WHERE l.attempt = ANY (\(attempts)::bigint[])
            """
        ).map(StoredLargeOutput.init)
    }

    /// The JSON text of an output, checked.
    ///
    /// - Throws: ``StoreError/outputDamaged(_:)``, ``StoreError/outputUnreachable(_:)``
    package func text(of stored: StoredLargeOutput) async throws -> String {
        try await text(ofOutput: stored.attempt)
    }

    func text(ofOutput attempt: Int64) async throws -> String {
        let rows = try await pool.query(
            """
            SELECT \(StoredLargeOutput.columns), p.content FROM large_output l LEFT JOIN dag_run r ON r.id = l.run
                LEFT JOIN large_output_part p ON p.attempt = l.attempt AND l.uri IS NULL
            WHERE l.attempt = \(attempt) ORDER BY p.part
            """)
        guard let stored = try rows.first.map(StoredLargeOutput.init) else { throw Self.gone(attempt) }
        guard let place = stored.place else {
            return try await Self.join(try rows.map { try $0["content", as: [UInt8]?.self] ?? [] }, stored)
        }
        return try await Self.join([try await object(place, nil, of: stored)], stored)
    }

    /// The elements from `index` on that are found at once, as JSON texts; none at the end of the list.
    ///
    /// - Parameter limit: No more than these; nil for all that are found.
    func elements(ofOutput attempt: Int64, from index: Int, limit: Int? = nil) async throws -> [[UInt8]] {
        let wanted = Int32(clamping: index)
        let rows = try await pool.query(
            """
            SELECT \(StoredLargeOutput.columns), p.part, p.first_element, p.first_offset, p.sha256 AS part_sha256, p.content
            FROM large_output l LEFT JOIN dag_run r ON r.id = l.run LEFT JOIN large_output_part p ON p.attempt = l.attempt
                AND p.part >= (SELECT max(part) FROM large_output_part WHERE attempt = \(attempt) AND first_element <= \(wanted))
                AND p.part <= coalesce((
                    SELECT min(part) FROM large_output_part WHERE attempt = \(attempt) AND first_element > \(wanted)), 2147483647)
            WHERE l.attempt = \(attempt) ORDER BY p.part
            """)
        guard let first = rows.first else { throw Self.gone(attempt) }
        let stored = try StoredLargeOutput(first)
        guard let length = stored.output.listLength, index >= 0, index < length else { return [] }
        guard let from = try first.optionalInt("part") else { throw stored.damaged("is missing parts") }
        let (start, end) = (
            from * LargeOutput.partSize, min((from + rows.count) * LargeOutput.partSize, stored.output.size)
        )
        var bytes: ArraySlice<UInt8> = []
        if let place = stored.place { bytes = try await object(place, start..<end, of: stored)[...] }
        let parts = try rows.map { row in
            let content = try row["content", as: [UInt8]?.self] ?? Array(bytes.prefix(LargeOutput.partSize))
            bytes = bytes.dropFirst(LargeOutput.partSize)
            let number = try row.int("part")
            guard sha256(content) == (try row.text("part_sha256")) else {
                throw stored.damaged(
                    "is not what was stored: the SHA-256 of part \(number + 1) of \(stored.output.partCount) differs")
            }
            return LargeOutput.Part(
                number: number, firstElement: try row.optionalInt("first_element"),
                firstOffset: try row.optionalInt("first_offset"), content: content)
        }
        let elements = LargeOutput.elements(from: index, in: parts, limit: limit)
        guard !elements.isEmpty else { throw stored.damaged("is missing parts") }
        return elements
    }

    /// Bytes of an output that is kept outside of the database.
    func object(_ place: OutputPlace, _ range: Range<Int>?, of stored: StoredLargeOutput) async throws -> [UInt8] {
        guard let outputs else {
            throw StoreError.outputUnreachable("\(stored.name) cannot be read by this process, which knows no S3")
        }
        do {
            if let bytes = try await outputs.get(place, range) { return bytes }
        } catch let error as CancellationError {
            throw error
        } catch {
            throw StoreError.outputUnreachable("\(stored.name) cannot be read: \(error)")
        }
        throw stored.damaged("is missing: somebody has removed the object")
    }

    private static func gone(_ attempt: Int64) -> StoreError {
        .outputDamaged("the output of attempt \(attempt) is gone; clear its task, so that it runs again")
    }

    /// Takes some milliseconds for each ten megabytes: not on the caller's loop.
    @concurrent
    private static func join(_ parts: [[UInt8]], _ stored: StoredLargeOutput) async throws -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(stored.output.size)
        for part in parts { bytes += part }
        guard bytes.count == stored.output.size else {
            throw stored.damaged("has \(bytes.count) bytes left of \(stored.output.size)")
        }
        try stored.check(sha256(bytes))
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func sha256(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
