internal import DAGModel
internal import Store

extension AssetRecord {
    /// Airflow's `AssetResponse`.
    var answer: JSONValue {
        .object([
            "aliases": .array([]), "consuming_tasks": .array(inlets.map(\.answer)), "created_at": .time(createdAt),
            "extra": shown(extra), "group": .string(group), "id": .int(id),
            "last_asset_event": .object(["id": lastEvent.map(JSONValue.int) ?? .null, "timestamp": .time(lastEventAt)]),
            "name": .string(key.name), "producing_tasks": .array(outlets.map(\.answer)),
            "scheduled_dags": .array(schedules.map(\.answer)), "updated_at": .time(updatedAt), "uri": .string(key.uri),
            "watchers": .array([]),
        ])
    }
}

/// Further facts as people see them: `***` under keys that Airflow hides, and for what cannot be read.
private func shown(_ extra: String) -> JSONValue {
    guard let object = try? ConnectionExtra.parse(extra) else { return .string(ConnectionExtra.mask) }
    return JSONValue(stored: PythonJSON.object(ConnectionExtra.masked(object)).text())
}

extension AssetRecord.Reference {
    fileprivate var answer: JSONValue {
        var members: [String: JSONValue] = [
            "dag_id": .string(dagID), "created_at": .time(createdAt), "updated_at": .time(createdAt),
        ]
        if !taskID.isEmpty { members["task_id"] = .string(taskID) }
        return .object(members)
    }
}

extension AssetEventRecord {
    /// Airflow's `AssetEventResponse`.
    func answer(_ runs: [(run: RunRecord, newest: Int64)]) -> JSONValue {
        .object([
            "asset_id": .int(assetID), "created_dagruns": .array(runs.map { reference($0.run, newest: $0.newest) }),
            "extra": shown(extra), "group": .string(group), "id": .int(id), "name": .string(asset.name),
            "partition_key": .null, "source_dag_id": .text(sourceDAGID), "source_map_index": .number(sourceMapIndex),
            "source_run_id": .text(sourceRunID), "source_task_id": .text(sourceTaskID), "timestamp": .time(createdAt),
            "uri": .string(asset.uri),
        ])
    }

    /// Airflow's `DagRunAssetReference`; a run that has not started says when it was queued, because Airflow's clients need a time there.
    private func reference(_ run: RunRecord, newest: Int64) -> JSONValue {
        .object([
            "dag_id": .string(run.dagID), "data_interval_end": .time(run.dataIntervalEnd),
            "data_interval_start": .time(run.dataIntervalStart), "end_date": .time(run.endedAt),
            "logical_date": .time(run.logicalDate), "partition_key": .null, "run_id": .string(run.runID),
            "start_date": .time(run.startedAt ?? run.queuedAt), "state": .string(run.state.rawValue),
            "triggering": .bool(id == newest),
        ])
    }
}

extension QueuedAsset {
    /// Airflow's `QueuedEventResponse`, with the asset's name and how many updates there are.
    var answer: JSONValue {
        .object([
            "asset_id": .int(assetID), "asset_name": .string(asset.name), "created_at": .time(createdAt),
            "dag_display_name": .string(dagID), "dag_id": .string(dagID), "events": .number(count),
        ])
    }
}

extension AssetCondition {
    /// Airflow's `asset_expression`.
    var answer: JSONValue {
        switch self {
        case .asset(let asset):
            .object([
                "asset": .object([
                    "group": .string(asset.group), "name": .string(asset.name), "uri": .string(asset.uri),
                ])
            ])
        case .all(let conditions): .object(["all": .array(conditions.map(\.answer))])
        case .any(let conditions): .object(["any": .array(conditions.map(\.answer))])
        }
    }
}
