package import DAGModel
internal import Postgres

/// Which task instances of a run: a page of them, in a fixed order, so that pages fit together while the run goes on.
package struct InstanceQuery: Sendable {
    package var run: Int64
    package var taskID: String?
    /// Empty for all.
    package var states: [TaskState] = []
    /// The ids of the tasks in the order in which their instances come; others follow by id.
    package var taskOrder: [String] = []
    package var limit: Int
    package var offset: Int

    package init(run: Int64, limit: Int, offset: Int = 0) {
        self.run = run
        self.limit = limit
        self.offset = offset
    }

    fileprivate var condition: SQL {
        """
        run = \(run) AND (\(taskID)::text IS NULL OR task_id = \(taskID)::text)
        AND (cardinality(\(states.map(\.rawValue))::text[]) = 0 OR state = ANY (\(states.map(\.rawValue))::text[]))
        """
    }
}

/// How the instances of one task stand: all of a mapped task, or the one of any other.
package struct TaskProgress: Sendable, Hashable {
    package var taskID: String
    package var counts: [TaskState: Int]
    package var startedAt: Instant?
    package var endedAt: Instant?
    /// The number of attempts of the instance that was tried most often.
    package var tries: Int
    /// Why one of the instances is in its state; failed ones first.
    package var reason: String?
}

extension StateStore {
    package func instances(_ query: InstanceQuery) async throws -> [InstanceRecord] {
        try await pool.query(
            """
            SELECT * FROM task_instance WHERE \(query.condition)
            ORDER BY array_position(\(query.taskOrder)::text[], task_id), task_id, map_index
            LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """
        ).map(InstanceRecord.init)
    }

    package func count(_ query: InstanceQuery) async throws -> Int {
        let rows = try await pool.query("SELECT count(*) AS n FROM task_instance WHERE \(query.condition)")
        return Int(try rows.one()["n", as: Int64.self])
    }

    /// How every task of a run stands, by task id.
    package func progress(run: Int64) async throws -> [TaskProgress] {
        let rows = try await pool.query(
            """
            SELECT task_id, state, count(*) AS n, min(started_at) AS started_at, max(ended_at) AS ended_at,
                max(try_number) AS tries, min(reason) AS reason
            FROM task_instance WHERE run = \(run) GROUP BY task_id, state ORDER BY task_id
            """)
        return try rows.reduce(into: []) { (tasks: inout [TaskProgress], row) in
            let taskID = try row.text("task_id")
            let state: TaskState = try row.value("state")
            if tasks.last?.taskID != taskID { tasks.append(TaskProgress(taskID: taskID, counts: [:], tries: 0)) }
            tasks[tasks.count - 1].add(
                state, Int(try row["n", as: Int64.self]), started: try row.optionalInstant("started_at"),
                ended: try row.optionalInstant("ended_at"), tries: try row.int("tries"),
                reason: try row["reason", as: String?.self])
        }
    }

    /// The attempts of one try of a task instance, the oldest first: more than one when some were lost. The last one may still run.
    package func attemptIDs(run: Int64, taskID: String, mapIndex: Int, tryNumber: Int) async throws -> [Int64] {
        try await pool.query(
            """
            SELECT id FROM attempt
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) AND try_number = \(Int32(tryNumber))
            UNION
            SELECT attempt FROM task_instance
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) AND try_number = \(Int32(tryNumber))
                AND attempt IS NOT NULL
            ORDER BY id
            """
        ).map { try $0["id", as: Int64.self] }
    }

    /// The XComs of a task instance: keys and JSON texts.
    package func xcoms(run: Int64, taskID: String, mapIndex: Int) async throws -> [(key: String, value: String)] {
        try await pool.query(
            """
            SELECT key, value FROM xcom
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) ORDER BY key
            """
        ).map { (try $0.text("key"), try $0.text("value")) }
    }
}

extension TaskProgress {
    fileprivate mutating func add(
        _ state: TaskState, _ count: Int, started: Instant?, ended: Instant?, tries: Int, reason: String?
    ) {
        counts[state, default: 0] += count
        startedAt = [startedAt, started].compactMap(\.self).min()
        endedAt = [endedAt, ended].compactMap(\.self).max()
        self.tries = max(self.tries, tries)
        if let reason, self.reason == nil || state.isFailure { self.reason = reason }
    }
}
