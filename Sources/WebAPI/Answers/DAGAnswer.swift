internal import DAGModel
internal import FoundationEssentials
internal import Store

extension DAGOverview {
    /// Airflow's `DAGResponse`, and `last_dag_run`, which Airflow shows only in its UI, and `pause_reason`: why the scheduler paused it.
    func answer(next: DAGRunInfo?) -> JSONValue { .object(members(next: next)) }

    /// Airflow's `DAGDetailsResponse`.
    func details(next: DAGRunInfo?, activeRuns: Int) -> JSONValue {
        let document = version.document
        let more: [String: JSONValue] = [
            "active_runs_count": .number(activeRuns),
            "asset_expression": document.schedule.assetCondition?.answer ?? .null,
            "catchup": .bool(document.catchup),
            "concurrency": .number(document.limits.maxActiveTasks),
            "dag_run_timeout": document.limits.dagrunTimeout.map(JSONValue.timeDelta) ?? .null,
            "default_args": .null,
            "doc_md": .null,
            "end_date": .time(document.end),
            "is_favorite": .bool(false),
            "is_paused_upon_creation": .bool(document.isPausedUponCreation),
            "last_parsed": .time(dag.updatedAt),
            "latest_dag_version": version.answer,
            "owner_links": .null,
            "params": document.params.answer,
            "render_template_as_native_obj": .bool(false),
            "rerun_with_latest_version": .null,
            "start_date": .time(document.start),
            "template_search_path": .null,
            "timezone": .string(document.schedule.timezone),
        ]
        return .object(members(next: next).merging(more) { _, new in new })
    }

    private func members(next: DAGRunInfo?) -> [String: JSONValue] {
        let document = version.document
        return [
            "allowed_run_types": .null,
            "bundle_name": .string(dag.bundle),
            "bundle_version": .string(version.commit),
            "dag_display_name": .string(dag.dagID),
            "dag_id": .string(dag.dagID),
            "description": .text(document.description),
            "file_token": .string(Data("\(dag.bundle)/\(dag.file)".utf8).base64EncodedString()),
            "fileloc": .string(dag.file),
            "has_import_errors": .bool(hasImportErrors),
            "has_task_concurrency_limits": .bool(false),
            "is_backfillable": .bool((try? document.timetable.isPeriodic) ?? false),
            "is_paused": .bool(dag.isPaused),
            "is_stale": .bool(!dag.isPresent),
            "last_dag_run": lastRun.map(\.summary) ?? .null,
            "last_expired": .null,
            "last_parse_duration": .null,
            "last_parsed_time": .time(dag.updatedAt),
            "max_active_runs": .number(document.maxActiveRuns),
            "max_active_tasks": .number(document.limits.maxActiveTasks),
            "max_consecutive_failed_dag_runs": .number(document.limits.maxConsecutiveFailedRuns),
            "next_dagrun_data_interval_end": .time(next?.dataInterval.end),
            "next_dagrun_data_interval_start": .time(next?.dataInterval.start),
            "next_dagrun_logical_date": .time(next?.logicalDate),
            "next_dagrun_run_after": .time(next?.runAfter),
            "owners": .array([.string(document.owner)]),
            "pause_reason": .text(dag.pauseReason),
            "relative_fileloc": .string(dag.file),
            "tags": .array(document.tags.map(tag)),
            "timetable_description": .string(document.schedule.sentence),
            "timetable_partitioned": .bool(false),
            "timetable_periodic": .bool((try? document.timetable.isPeriodic) ?? false),
            "timetable_summary": .text(document.schedule.summary),
        ]
    }

    private func tag(_ name: String) -> JSONValue {
        .object(["dag_display_name": .string(dag.dagID), "dag_id": .string(dag.dagID), "name": .string(name)])
    }
}

extension VersionRecord {
    /// Airflow's `DagVersionResponse`.
    var answer: JSONValue {
        .object([
            "bundle_name": .string(bundle), "bundle_url": .null, "bundle_version": .string(commit),
            "created_at": .time(createdAt), "dag_display_name": .string(dagID), "dag_id": .string(dagID),
            "id": .string(uuid(named: "dag_version/\(id)")), "version_number": .number(number),
        ])
    }
}

extension ParamsDocument {
    /// By name: the default and the schema, as Airflow shows a DAG's params.
    fileprivate var answer: JSONValue {
        guard case .object(let properties)? = schema["properties"] else { return .object([:]) }
        return .object(
            properties.reduce(into: [:]) { answer, property in
                answer[property.key] = .object([
                    "description": .null, "schema": property.value, "value": defaults[property.key] ?? .null,
                ])
            })
    }
}

extension Schedule {
    var timezone: String {
        zones.first ?? "UTC"
    }

    /// In short, as `0 3 * * *`; nil when only people start runs.
    var summary: String? {
        switch self {
        case .manual: nil
        case .cron(let expression, _): expression
        case .every(let seconds), .intervals(let seconds): "every \(seconds) s"
        case .once: "@once"
        case .continuous: "@continuous"
        case .crons(let expressions, _): expressions.joined(separator: ", ")
        case .cronIntervals(let expression, _): expression
        case .timed(let schedule, _): schedule.summary
        case .assets: "Asset"
        case .assetsOrTime(_, let schedule): "Asset or \(schedule.summary ?? "")"
        }
    }

    var sentence: String {
        switch self {
        case .manual: "Never, external triggers only"
        case .cron(let expression, let timezone): "Cron \(expression), \(timezone)"
        case .every(let seconds): "Every \(seconds) s"
        case .once: "Once, as soon as possible"
        case .continuous: "As frequently as possible, but only one run at a time."
        case .crons(let expressions, let timezone): "Cron \(expressions.joined(separator: ", ")), \(timezone)"
        case .cronIntervals(let expression, let timezone): "After each interval of cron \(expression), \(timezone)"
        case .intervals(let seconds): "After each interval of \(seconds) s"
        case .timed(let schedule, _): schedule.sentence
        case .assets(let condition): "Triggered by assets: \(condition.text)"
        case .assetsOrTime(let condition, let schedule):
            "\(schedule.sentence), or triggered by assets: \(condition.text)"
        }
    }
}
