internal import DAGModel
internal import Store

extension RunRecord {
    /// Airflow's `DAGRunResponse`.
    func answer(_ version: VersionRecord?) -> JSONValue {
        .object([
            "bundle_version": .text(version?.commit),
            "conf": JSONValue(stored: params),
            "dag_display_name": .string(dagID),
            "dag_id": .string(dagID),
            "dag_run_id": .string(runID),
            "dag_versions": .array([version?.answer].compactMap(\.self)),
            "data_interval_end": .time(dataIntervalEnd),
            "data_interval_start": .time(dataIntervalStart),
            "duration": .seconds(startedAt, endedAt),
            "end_date": .time(endedAt),
            "last_scheduling_decision": .null,
            "logical_date": .time(logicalDate),
            "note": .text(note),
            "partition_date": .null,
            "partition_key": .null,
            "queued_at": .time(queuedAt),
            "run_after": .time(runAfter),
            "run_type": .string(type.rawValue),
            "start_date": .time(startedAt),
            "state": .string(state.rawValue),
            "triggered_by": .string(triggeredBy == "schedule" ? "timetable" : triggeredBy),
            "triggering_user_name": .null,
        ])
    }

    /// What lists of DAGs show of their newest run.
    var summary: JSONValue {
        .object([
            "dag_run_id": .string(runID), "state": .string(state.rawValue), "run_after": .time(runAfter),
            "start_date": .time(startedAt), "end_date": .time(endedAt),
        ])
    }
}
