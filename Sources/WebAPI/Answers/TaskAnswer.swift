internal import DAGModel
internal import Store

/// The run of task instances, with what is looked up once for all of them.
struct RunTasks {
    let run: RunRecord
    let version: VersionRecord?
    private let tasks: [String: TaskDocument]

    init(_ run: RunRecord, _ version: VersionRecord?) {
        self.run = run
        self.version = version
        tasks = Dictionary(version?.document.tasks.map { ($0.id, $0) } ?? [], uniquingKeysWith: { first, _ in first })
    }

    /// Airflow's `TaskInstanceResponse`, `reason`: why the instance is in its state, and how often it lost its worker.
    func answer(_ instance: InstanceRecord) -> JSONValue {
        .object(
            members(
                instance.taskID, instance.mapIndex, instance.state, tryNumber: instance.tryNumber,
                worker: instance.worker,
                pid: instance.pid, queued: instance.queuedAt, started: instance.startedAt, ended: instance.endedAt,
                reason: instance.reason
            ).merging([
                "id": .string(uuid(named: "task_instance/\(run.id)/\(instance.taskID)/\(instance.mapIndex)")),
                "logical_date": .time(run.logicalDate), "max_tries": .number(instance.maxTries), "note": .null,
                "losses": .number(instance.losses),
                "max_losses": .number(tasks[instance.taskID]?.retryPolicy.maxLosses ?? RetryPolicy().maxLosses),
                "rendered_fields": .object([:]), "rendered_map_index": .text(instance.mapIndexName),
                "run_after": .time(run.runAfter),
                "trigger": .null, "triggerer_job": .null,
            ]) { _, new in new })
    }

    /// Airflow's `TaskInstanceHistoryResponse`, and what the attempt used.
    func answer(_ attempt: AttemptRecord) -> JSONValue {
        .object(
            members(
                attempt.taskID, attempt.mapIndex, attempt.state, tryNumber: attempt.tryNumber, worker: attempt.worker,
                pid: attempt.pid, queued: attempt.queuedAt, started: attempt.startedAt, ended: attempt.endedAt,
                reason: attempt.reason
            ).merging([
                "max_tries": .number(tasks[attempt.taskID]?.retries ?? 0),
                "cpu_seconds": .double(Double(attempt.cpuMicroseconds) / 1e6),
                "max_resident_bytes": .int(attempt.maxResidentKiB * 1_024),
                "exit_code": .number(attempt.exitCode), "signal": .number(attempt.signal),
                "failure_cause": .text(attempt.cause),
            ]) { _, new in new })
    }

    /// The attempt that an instance is at, in the shape of one that has ended.
    func current(_ instance: InstanceRecord) -> JSONValue {
        .object(
            members(
                instance.taskID, instance.mapIndex, instance.state, tryNumber: instance.tryNumber,
                worker: instance.worker,
                pid: instance.pid, queued: instance.queuedAt, started: instance.startedAt, ended: instance.endedAt,
                reason: instance.reason
            ).merging(["max_tries": .number(instance.maxTries)]) { _, new in new })
    }

    private func members(
        _ taskID: String, _ mapIndex: Int, _ state: TaskState, tryNumber: Int, worker: String?, pid: Int?,
        queued: Instant?, started: Instant?, ended: Instant?, reason: String?
    ) -> [String: JSONValue] {
        let name = tasks[taskID]?.kind.operatorName
        let limits = tasks[taskID]?.limits ?? TaskLimits()
        return [
            "dag_display_name": .string(run.dagID), "dag_id": .string(run.dagID), "dag_run_id": .string(run.runID),
            "dag_version": version?.answer ?? .null, "duration": .seconds(started, ended), "end_date": .time(ended),
            "executor": .null, "executor_config": .string("{}"), "hostname": .text(worker),
            "map_index": .number(mapIndex), "operator": .text(name), "operator_name": .text(name), "pid": .number(pid),
            "pool": .string(limits.pool), "pool_slots": .number(limits.poolSlots),
            "priority_weight": .number(limits.priorityWeight),
            "queue": .string("default"),
            "queued_when": .time(queued), "reason": .text(reason), "scheduled_when": .null,
            "start_date": .time(started),
            "state": state == .none ? .null : .string(state.rawValue), "task_display_name": .string(taskID),
            "task_id": .string(taskID), "try_number": .number(tryNumber), "unixname": .null,
        ]
    }
}

extension TaskKind {
    /// What Airflow calls the operator's class.
    var operatorName: String {
        switch self {
        case .empty: "EmptyOperator"
        case .author: "SwiftOperator"
        case .branch: "BranchOperator"
        case .shortCircuit: "ShortCircuitOperator"
        case .builtIn(let type, _): type
        }
    }
}

extension TaskDocument {
    /// Airflow's `TaskResponse`.
    func answer(in document: DAGDocument) -> JSONValue {
        .object([
            "class_ref": .null, "depends_on_past": .bool(past.isNeeded), "doc_md": .text(doc),
            "downstream_task_ids": .array(
                document.tasks.filter { $0.upstream.contains(id) }.map { .string($0.id) }),
            "end_date": .time(document.end), "execution_timeout": executionTimeout.map(JSONValue.timeDelta) ?? .null,
            "extra_links": .array([]), "is_mapped": .bool(isMapped),
            "operator_name": .string(kind.operatorName), "owner": .string(document.owner), "params": .object([:]),
            "pool": .string(limits.pool), "pool_slots": .number(limits.poolSlots),
            "priority_weight": .number(limits.priorityWeight), "queue": .string("default"),
            "retries": .number(retries), "retry_delay": .timeDelta(retryDelay.base),
            "retry_exponential_backoff": .int(retryDelay.exponentialBackoff ? 2 : 0),
            "start_date": .time(document.start),
            "task_display_name": .string(id), "task_id": .string(id), "template_fields": .array([]),
            "trigger_rule": .string(triggerRule.rawValue), "ui_color": .null, "ui_fgcolor": .null,
            "upstream_task_ids": .array(upstream.map(JSONValue.string)),
            "wait_for_downstream": .bool(past.waitForDownstream),
            "weight_rule": .string(limits.weightRule.rawValue),
        ])
    }
}

extension JSONValue {
    /// A duration in seconds as Airflow writes it.
    static func timeDelta(_ seconds: Double) -> JSONValue {
        let microseconds = Int64(min(max(seconds, 0), 1e12) * 1e6)
        return .object([
            "__type": .string("TimeDelta"), "days": .int(microseconds / 86_400_000_000),
            "seconds": .int(microseconds % 86_400_000_000 / 1_000_000), "microseconds": .int(microseconds % 1_000_000),
        ])
    }
}
