internal import DAGModel
internal import Hummingbird
internal import Store

// Marking: a person says how task instances ended, whatever they do now.
extension API {
    var markRoutes: [Route] {
        let one = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
        let mapped = one + "/{map_index}"
        return [
            .patch(one) { try await markInstances($0, isDryRun: false) },
            .patch(one + "/dry_run") { try await markInstances($0, isDryRun: true) },
            .patch(mapped) { try await markInstances($0, isDryRun: false) },
            .patch(mapped + "/dry_run") { try await markInstances($0, isDryRun: true) },
        ]
    }

    private func markInstances(_ request: APIRequest, isDryRun: Bool) async throws -> Response {
        var body = try await request.body(known: MarkRequest.fields)
        let mark = MarkRequest(&body)
        try body.finish()
        let run = try await run(request)
        let taskID = try request.path("task_id")
        let index = try chosenIndex(request)
        try await checkInstance(taskID, index, of: run)
        var answers: [JSONValue] = []
        for other in try await runs(around: run, past: mark.includesPast, future: mark.includesFuture) {
            let rows = try await markOne(other, mark.selection(taskID, mapIndex: index), mark.state, isDryRun: isDryRun)
            let tasks = RunTasks(other, try await store.version(other.versionID))
            answers += rows.map(tasks.answer)
        }
        guard isDryRun || !answers.isEmpty else {
            throw APIError.conflict("Task id \(taskID) is already in \(mark.state.rawValue) state")
        }
        return .json(.page("task_instances", answers, total: answers.count))
    }

    /// The map index in the path or the query; nil for all instances of the task.
    private func chosenIndex(_ request: APIRequest) throws -> Int? {
        guard request.context.parameters.get("map_index") != nil else {
            var reader = request.query
            let index = reader.integer("map_index", atLeast: -1)
            try reader.finish()
            return index
        }
        guard let index = Int(try request.path("map_index")), Int32(exactly: index) != nil else {
            throw APIError.unprocessable([
                InvalidField(["path", "map_index"], "int_parsing", "Input should be a valid integer")
            ])
        }
        return index
    }

    private func checkInstance(_ taskID: String, _ index: Int?, of run: RunRecord) async throws {
        let known = try await store.version(run.versionID)?.document.tasks.map(\.id) ?? []
        let name = "The Task Instance with dag_id: `\(run.dagID)`, run_id: `\(run.runID)` and task_id: `\(taskID)`"
        guard known.contains(taskID) else {
            throw APIError.notFound("\(name) was not found\(suggestionText(for: taskID, among: known))")
        }
        var query = InstanceQuery(run: run.id, limit: 1)
        query.taskID = taskID
        let isThere =
            if let index { try await store.instance(run: run.id, taskID: taskID, mapIndex: index) != nil } else {
                try await store.count(query) > 0
            }
        guard !isThere else { return }
        throw APIError.notFound(
            "\(name)\(index.map { " and map_index: `\($0)`" } ?? "") was not found; the run has no such instance yet")
    }

    /// Marks in one run.
    ///
    /// - Returns: The rows that changed, as they are now; in a dry run as they are.
    private func markOne(
        _ run: RunRecord, _ selection: InstanceSelection, _ state: TaskState, isDryRun: Bool
    ) async throws -> [InstanceRecord] {
        let now = now()
        guard !isDryRun else {
            let stored = try await store.storedRun(run.id)
            let plan = stored.plan
            return stored.rows(plan.marking(plan.instances(chosenBy: selection, withSetups: false), as: state))
        }
        return try await store.changeRun(run.id, now: now) { stored in
            stored.mark(stored.plan.instances(chosenBy: selection, withSetups: false), as: state, now: now)
        }
    }

    /// Marks a whole run, as Airflow's `PatchDAGRunBody` asks.
    func markRun(_ run: RunRecord, as state: DAGRunState) async throws {
        let now = now()
        try await store.changeRun(run.id, now: now) { stored in
            let old = stored.record.state
            guard old != state, state != .queued || old.isFinished else {
                throw APIError.conflict(
                    "The DagRun with dag_id: `\(run.dagID)` and run_id: `\(run.runID)` is already \(old.rawValue)")
            }
            switch state {
            case .queued: stored.restart(now: now)
            case .failed: stored.mark(state, reason: "the run was cancelled", now: now)
            default: stored.mark(state, reason: "the run was marked as \(state.rawValue) by a person", now: now)
            }
        }
    }
}
