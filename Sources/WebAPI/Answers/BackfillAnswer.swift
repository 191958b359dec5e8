internal import DAGModel
internal import Store

extension BackfillRecord {
    /// Airflow's `BackfillResponse`, and what Slipstream knows beyond it.
    func answer(_ progress: BackfillProgress, plan: BackfillForecast? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "completed_at": .time(completedAt), "created_at": .time(createdAt), "dag_display_name": .string(dagID),
            "dag_id": .string(dagID), "dag_run_conf": spec.params.map(JSONValue.object) ?? .null,
            "from_date": .time(spec.from), "id": .int(id), "is_cancelled": .bool(isCancelled),
            "is_paused": .bool(isPaused), "max_active_runs": .number(spec.maxActiveRuns), "progress": progress.answer,
            "reprocess_behavior": .string(spec.reprocess.rawValue), "run_backwards": .bool(spec.isReversed),
            "selected_task_ids": spec.taskIDs.map { .array($0.map(JSONValue.string)) } ?? .null,
            "to_date": .time(spec.to), "updated_at": .time(updatedAt),
        ]
        members["plan"] = plan?.answer
        return .object(members)
    }
}

extension BackfillProgress {
    fileprivate var answer: JSONValue {
        .object([
            "failed": .number(failed), "queued": .number(queued), "running": .number(running),
            "skipped": .number(skipped), "success": .number(success), "total": .number(total),
            "waiting": .number(waiting),
        ])
    }
}

extension BackfillForecast {
    var answer: JSONValue {
        .object([
            "already_exists": .number(existing), "cleared": .number(cleared), "created": .number(created),
            "in_flight": .number(inFlight), "median_run_seconds": runSeconds.map(JSONValue.double) ?? .null,
            "pools": .array(pools.map(\.answer)), "predicted_seconds": seconds.map(JSONValue.double) ?? .null,
            "task_instances": .number(runs * tasksPerRun), "tasks_per_run": .number(tasksPerRun),
        ])
    }
}

extension BackfillForecast.PoolNeed {
    fileprivate var answer: JSONValue {
        .object([
            "is_too_small": .bool(isTooSmall), "pool": .string(pool), "slots": .number(slots),
            "slots_at_once": .number(slotsAtOnce), "slots_per_run": .number(slotsPerRun),
        ])
    }
}

extension BackfillDate {
    /// Airflow's `BackfillDagRunResponse`.
    func answer(dagID: String) -> JSONValue {
        .object([
            "backfill_id": .int(backfill), "dag_id": .string(dagID), "dag_run_id": .text(runID),
            "dag_run_state": .text(state?.rawValue), "exception_reason": .text(skip?.rawValue),
            "id": .number(ordinal), "logical_date": .time(logicalDate), "partition_key": .null,
            "sort_ordinal": .number(ordinal),
        ])
    }
}
