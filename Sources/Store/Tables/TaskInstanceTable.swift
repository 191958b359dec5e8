package import DAGModel
internal import Postgres

extension StateStore {
    /// The task instances of a run, by task and map index.
    package func instances(run: Int64) async throws -> [InstanceRecord] {
        try await pool.query("SELECT * FROM task_instance WHERE run = \(run) ORDER BY task_id, map_index")
            .map(InstanceRecord.init)
    }

    package func instance(run: Int64, taskID: String, mapIndex: Int) async throws -> InstanceRecord? {
        try await pool.query(
            """
            SELECT * FROM task_instance
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex))
            """
        ).first.map(InstanceRecord.init)
    }

    /// The attempts of a task instance that have ended, oldest first.
    package func attempts(run: Int64, taskID: String, mapIndex: Int) async throws -> [AttemptRecord] {
        try await pool.query(
            """
            SELECT * FROM attempt
            WHERE run = \(run) AND task_id = \(taskID) AND map_index = \(Int32(mapIndex)) ORDER BY try_number, id
            """
        ).map(AttemptRecord.init)
    }

    /// All ended attempts of a run.
    package func attempts(run: Int64) async throws -> [AttemptRecord] {
        try await pool.query("SELECT * FROM attempt WHERE run = \(run) ORDER BY id").map(AttemptRecord.init)
    }

    /// The name of the worker on which an attempt, or the call of a callback, ended after a moment; nil when it did not.
    package func endedAttemptWorker(_ attempt: Int64, since: Instant) async throws -> String? {
        try await pool.query(
            """
            SELECT worker FROM attempt WHERE id = \(attempt) AND ended_at >= \(since.timestamp)
            UNION ALL
            SELECT workers[array_position(attempts, \(attempt))] FROM callback
            WHERE attempts @> ARRAY[\(attempt)]
                AND (state <> 'running' OR attempts[cardinality(attempts)] <> \(attempt))
                AND (ended_at IS NULL OR ended_at >= \(since.timestamp))
            """
        ).first?.text("worker")
    }

    /// Instances of a task that execute, in all runs of the DAG.
    package func activeInstances(dagID: String, taskID: String) async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*) AS n FROM task_instance t JOIN dag_run r ON r.id = t.run
            WHERE r.dag_id = \(dagID) AND r.state = 'running' AND t.task_id = \(taskID)
                AND t.state IN ('queued', 'running', 'restarting')
            """)
        return Int(try rows.first.map { try $0["n", as: Int64.self] } ?? 0)
    }
}

extension InstanceRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            run: try row["run", as: Int64.self], taskID: try row.text("task_id"), mapIndex: try row.int("map_index"),
            state: try row.value("state"), tryNumber: try row.int("try_number"), maxTries: try row.int("max_tries"),
            losses: try row.int("losses"), attempt: try row["attempt", as: Int64?.self],
            token: try row["token", as: [UInt8]?.self], worker: try row["worker", as: String?.self],
            pid: try row.optionalInt("pid"), queuedAt: try row.optionalInstant("queued_at"),
            startedAt: try row.optionalInstant("started_at"), endedAt: try row.optionalInstant("ended_at"),
            retryAt: try row.optionalInstant("retry_at"), reason: try row["reason", as: String?.self],
            listLength: try row.optionalInt("list_length"), steering: try row["steering", as: String?.self],
            mapIndexName: try row["map_index_name", as: String?.self],
            wait: try row["wait", as: String?.self].flatMap(TaskWait.init(json:)))
    }
}

extension AttemptRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row["id", as: Int64.self], run: try row["run", as: Int64.self], taskID: try row.text("task_id"),
            mapIndex: try row.int("map_index"), tryNumber: try row.int("try_number"), state: try row.value("state"),
            worker: try row.text("worker"), pid: try row.optionalInt("pid"),
            queuedAt: try row.optionalInstant("queued_at"), startedAt: try row.optionalInstant("started_at"),
            endedAt: try row.instant("ended_at"), cpuMicroseconds: try row["cpu_microseconds", as: Int64.self],
            maxResidentKiB: try row["max_resident_kib", as: Int64.self], exitCode: try row.optionalInt("exit_code"),
            signal: try row.optionalInt("signal"), reason: try row["reason", as: String?.self],
            cause: try row["cause", as: String?.self])
    }
}
