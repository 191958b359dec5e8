package import DAGModel
internal import Postgres

// Events that tasks wait for. The last one of each key is kept for a week, so that a task that begins to wait a moment after the event
// was sent has it.
extension StateStore {
    /// Keeps an event and wakes what waits for it.
    ///
    /// - Returns: The instances that go on, by run.
    package func sendEvent(_ key: String, _ data: JSONValue, now: Instant) async throws -> [(
        run: RunRecord, row: InstanceRecord
    )] {
        try await pool.pipeline([
            """
            INSERT INTO event (key, data, sent_at) VALUES (\(key), \(data.compactJSON), \(now.timestamp))
            ON CONFLICT (key) DO UPDATE SET data = excluded.data, sent_at = excluded.sent_at
            """,
            "DELETE FROM event WHERE sent_at < \((now - .seconds(7 * 86_400)).timestamp)",
        ])
        return try await deliverEvents(key: key, now: now)
    }

    /// Wakes what waits for an event that was sent after the attempt that waits for it had begun.
    ///
    /// - Parameter key: Only this event; nil for all.
    @discardableResult
    package func deliverEvents(key: String? = nil, now: Instant) async throws -> [(run: RunRecord, row: InstanceRecord)]
    {
        let runs = try await pool.query(
            """
            SELECT DISTINCT t.run FROM task_instance t JOIN event e ON e.key = t.wait_key
            WHERE t.wait_key IS NOT NULL AND (\(key)::text IS NULL OR t.wait_key = \(key)::text)
                AND (t.queued_at IS NULL OR e.sent_at >= t.queued_at)
            ORDER BY t.run
            """
        ).map { try $0["run", as: Int64.self] }
        var woken: [(RunRecord, InstanceRecord)] = []
        for run in runs {
            let events = try await events(awaitedBy: run)
            let rows = try await changeRun(run, now: now) { stored in
                let rows = stored.wake { row, wait in
                    guard let awaited = wait.awaitedEvent, key == nil || key == awaited, let event = events[awaited],
                        row.queuedAt.map({ event.sentAt >= $0 }) ?? true
                    else { return nil }
                    return .event(event.data)
                }
                return rows.map { (stored.record, $0) }
            }
            woken += rows
        }
        return woken
    }

    private func events(awaitedBy run: Int64) async throws -> [String: (data: JSONValue, sentAt: Instant)] {
        let rows = try await pool.query(
            """
            SELECT DISTINCT e.key, e.data, e.sent_at FROM task_instance t JOIN event e ON e.key = t.wait_key
            WHERE t.run = \(run) AND t.wait_key IS NOT NULL
            """)
        var events: [String: (data: JSONValue, sentAt: Instant)] = [:]
        for row in rows {
            var reader = JSONReader(try row.text("data"))
            events[try row.text("key")] = (reader.read() ?? .null, try row.instant("sent_at"))
        }
        return events
    }
}
