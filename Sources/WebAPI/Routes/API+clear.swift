internal import DAGModel
internal import Hummingbird
internal import Store

// Clearing: task instances begin again, in one run or in several.
extension API {
    var clearRoutes: [Route] {
        [
            .post("/api/v2/dags/{dag_id}/clearTaskInstances") { try await clearInstances($0) },
            .post("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear") { try await clearRun($0) },
        ]
    }

    private func clearInstances(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ClearRequest.fields)
        let clear = ClearRequest(&body)
        try body.finish()
        let runs = try await runs(clear, dagID: try request.path("dag_id"))
        try await checkTasks(clear.selection, in: runs)
        let answers = try await cleared(runs, clear)
        return .json(.page("task_instances", answers, total: answers.count))
    }

    private func runs(_ clear: ClearRequest, dagID: String) async throws -> [RunRecord] {
        guard let runID = clear.runID else {
            guard try await store.dag(dagID) != nil else { throw try await noDAG(dagID) }
            var query = RunQuery(dagID: dagID, limit: Int(Int32.max))
            query.logicalDate = clear.dates
            return try await store.runs(query)
        }
        return try await runs(
            around: try await run(dagID: dagID, runID: runID), past: clear.includesPast, future: clear.includesFuture)
    }

    /// A run, and with it the earlier and later ones that are asked for.
    func runs(around run: RunRecord, past: Bool, future: Bool) async throws -> [RunRecord] {
        guard run.logicalDate != nil || !past && !future else {
            throw APIError.badRequest("DagRun \(run.runID) has no logical date, so no run is before or after it")
        }
        return try await store.runs(around: run, past: past, future: future)
    }

    private func checkTasks(_ selection: InstanceSelection, in runs: [RunRecord]) async throws {
        guard let newest = runs.last, let version = try await store.version(newest.versionID) else { return }
        let known = version.document.tasks.map(\.id)
        let unknown = selection.tasks.map(\.taskID).filter { !known.contains($0) }
        guard let first = unknown.first else { return }
        throw APIError.notFound(
            "DAG \(newest.dagID) has no task \(unknown.joined(separator: ", "))\(suggestionText(for: first, among: known))"
        )
    }

    private func cleared(_ runs: [RunRecord], _ clear: ClearRequest) async throws -> [JSONValue] {
        var answers: [JSONValue] = []
        for run in runs {
            let rows = try await clearOne(run, clear.selection, clear)
            let tasks = RunTasks(run, try await store.version(run.versionID))
            answers += rows.map(tasks.answer)
        }
        return answers
    }

    /// Clears in one run.
    ///
    /// - Returns: In a dry run the rows that would be cleared, else the cleared ones.
    private func clearOne(_ run: RunRecord, _ selection: InstanceSelection, _ clear: ClearRequest) async throws
        -> [InstanceRecord]
    {
        let now = now()
        let body: @Sendable (inout StoredRun) throws -> [InstanceRecord] = { stored in
            let rows = stored.clear(stored.plan.instances(chosenBy: selection), resetsRun: clear.resetsRuns, now: now)
            if clear.sparesRunning, let running = rows.first(where: { $0.state == .running }) {
                throw APIError.conflict(
                    "Task \(running.taskID) of run \(run.runID) is running; wait for it, or leave prevent_running_task out"
                )
            }
            return clear.isDryRun ? rows : stored.current(rows)
        }
        guard clear.isDryRun else { return try await store.changeRun(run.id, now: now, body) }
        var stored = try await store.storedRun(run.id)
        return try body(&stored)
    }

    private func clearRun(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: [
            "dry_run", "only_failed", "only_new", "run_on_latest_version", "note",
        ])
        let isDryRun = body.bool("dry_run") ?? true
        let note = body.text("note", longest: 1_000)
        var selection = InstanceSelection()
        selection.onlyFailed = body.bool("only_failed") ?? false
        body.refuseNewestVersion()
        if body.bool("only_new") == true {
            body.report(
                "only_new", "value_error",
                "What is cleared runs on the version of its run, which has no new tasks; leave it out")
        }
        try body.finish()
        let run = try await run(request)
        let version = try await store.version(run.versionID)
        let now = now()
        let hasNote = body.has("note")
        guard !isDryRun else {
            var stored = try await store.storedRun(run.id)
            let rows = stored.clear(stored.plan.instances(chosenBy: selection), now: now)
            return .json(.page("task_instances", rows.map(RunTasks(run, version).answer), total: rows.count))
        }
        let changed = try await store.changeRun(run.id, now: now) { [selection] stored in
            _ = stored.clear(stored.plan.instances(chosenBy: selection), now: now)
            if hasNote { stored.record.note = note }
            return stored.record
        }
        return .json(changed.answer(version))
    }
}
