import DAGModel
import Postgres
import Store

extension APIBundle {
    /// Publishes a DAG with parameters and two tasks.
    @discardableResult
    func publish(_ id: String = "gw_training", schedule: Schedule = .manual, file: String? = nil) async throws -> Int64
    {
        let document = DAGDocument(
            id: id, description: "Trains a detector", schedule: schedule, start: Instant(Day(2026, 1, 1)), tags: ["gw"],
            owner: "ada",
            params: ParamsDocument(
                schema: .object([
                    "type": .string("object"),
                    "properties": .object([
                        "epochs": .object(["type": .string("integer")]),
                        "minimumSNR": .object(["type": .string("number")]),
                        "mode": .object(["enum": .array([.string("fast"), .string("full")])]),
                    ]),
                ]), defaults: ["epochs": .int(20), "minimumSNR": .double(8.5), "mode": .string("fast")]),
            tasks: [
                TaskDocument(id: "list", kind: .builtIn(type: "S3List", fields: .object([:])), line: 3),
                TaskDocument(id: "train", kind: .author, upstream: ["list"], retries: 2, line: 4),
            ])
        return try await store.publish(
            NewVersion(
                bundle: "dags", file: file ?? "\(id).swift", commit: "c0ffee0123456789", artifact: "artifact-\(id)",
                files: "", fingerprint: "0123456789abcdef", document: document),
            now: Self.now)
    }

    /// Triggers a run and returns its id in the database.
    @discardableResult
    func trigger(_ dag: String = "gw_training", _ runID: String) async throws -> Int64 {
        let answer = try await post(
            "/api/v2/dags/\(dag)/dagRuns", .object(["logical_date": .null, "dag_run_id": .string(runID)]))
        return try await store.run(dagID: dag, runID: runID).map(\.id) ?? Int64(-answer.status)
    }

    /// Puts a task instance into a state, as a tick of the scheduler would.
    func setInstance(
        _ run: Int64, _ task: String, _ state: TaskState, mapIndex: Int = -1, tryNumber: Int = 1, attempt: Int64? = nil,
        reason: String? = nil
    ) async throws {
        let time = Timestamp(microseconds: Self.now.microseconds)
        try await pool.query(
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses, attempt, worker,
                started_at, ended_at, reason)
            VALUES (\(run), \(task), \(Int32(mapIndex)), \(state.rawValue), \(Int32(tryNumber)), 2, 0, \(attempt), 'local',
                \(time), \(state.isFinished ? time : nil), \(reason))
            ON CONFLICT (run, task_id, map_index) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
                ended_at = excluded.ended_at, try_number = excluded.try_number, reason = excluded.reason
            """)
    }

    /// Records an attempt that has ended.
    func addAttempt(_ id: Int64, _ run: Int64, _ task: String, tryNumber: Int, _ state: TaskState) async throws {
        let time = Timestamp(microseconds: Self.now.microseconds)
        try await pool.query(
            """
            INSERT INTO attempt (id, run, task_id, map_index, try_number, state, worker, started_at, ended_at,
                cpu_microseconds, max_resident_kib, exit_code)
            VALUES (\(id), \(run), \(task), -1, \(Int32(tryNumber)), \(state.rawValue), 'local', \(time), \(time), 1500000, 2048, 1)
            """)
    }

    func setRun(_ run: Int64, _ state: DAGRunState) async throws {
        try await pool.query("UPDATE dag_run SET state = \(state.rawValue) WHERE id = \(run)")
    }
}
