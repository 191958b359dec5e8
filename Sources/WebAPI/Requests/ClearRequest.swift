internal import DAGModel
internal import Store

/// What to clear: Airflow's `ClearTaskInstancesBody`.
struct ClearRequest {
    let runID: String?
    let dates: (from: Instant?, to: Instant?)
    let includesPast: Bool
    let includesFuture: Bool
    let isDryRun: Bool
    let resetsRuns: Bool
    /// Refuse to clear what is running.
    let sparesRunning: Bool
    let selection: InstanceSelection

    static let fields = [
        "dag_run_id", "dry_run", "end_date", "include_downstream", "include_future", "include_past", "include_upstream",
        "note", "only_failed", "only_running", "prevent_running_task", "reset_dag_runs", "run_on_latest_version",
        "start_date",
        "task_ids",
    ]

    init(_ body: inout BodyReader) {
        runID = body.text("dag_run_id")
        dates = (body.instant("start_date"), body.instant("end_date"))
        includesPast = body.bool("include_past") ?? false
        includesFuture = body.bool("include_future") ?? false
        isDryRun = body.bool("dry_run") ?? true
        resetsRuns = body.bool("reset_dag_runs") ?? true
        sparesRunning = body.bool("prevent_running_task") ?? false
        var selection = InstanceSelection(tasks: body.chosenTasks("task_ids"))
        selection.includeUpstream = body.bool("include_upstream") ?? false
        selection.includeDownstream = body.bool("include_downstream") ?? false
        selection.onlyFailed = body.bool("only_failed") ?? true
        selection.onlyRunning = body.bool("only_running") ?? false
        self.selection = selection
        body.refuseNewestVersion()
        body.refuseInstanceNote()
        if runID == nil, includesPast || includesFuture {
            body.report(
                "dag_run_id", "value_error", "dag_run_id is required when include_past or include_future is provided")
        }
        if runID != nil, dates.from != nil || dates.to != nil {
            body.report("dag_run_id", "value_error", "Give dag_run_id, or start_date and end_date, not both")
        }
        if let from = dates.from, let to = dates.to, to < from {
            body.report("end_date", "value_error", "end_date is sooner than start_date")
        }
    }
}

extension BodyReader {
    /// Runs go on with the version that they began with.
    mutating func refuseNewestVersion() {
        if members["run_on_latest_version"] == .bool(true) {
            report(
                "run_on_latest_version", "value_error", "What is cleared runs on the version of its run; leave it out")
        }
    }

    /// Only runs have notes.
    mutating func refuseInstanceNote() {
        if members["note"] ?? .null != .null {
            report("note", "value_error", "Task instances have no notes; write it to the run")
        }
    }

    /// Task ids, and pairs of a task id and a map index.
    fileprivate mutating func chosenTasks(_ name: String) -> [InstanceSelection.Chosen] {
        guard let value = members[name], value != .null else { return [] }
        guard case .array(let entries) = value else {
            report(name, "list_type", "Input should be a valid list")
            return []
        }
        return entries.compactMap { entry in
            switch entry {
            case .string(let id): return .init(id)
            case .array(let pair):
                if pair.count == 2, let id = pair[0].stringValue, case .int(let index) = pair[1] {
                    return .init(id, mapIndexes: [Int(index)])
                }
            default: break
            }
            report(name, "value_error", "Each entry is a task id, or a list of a task id and a map index")
            return nil
        }
    }
}
