internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var dagRoutes: [Route] {
        [
            .get("/api/v2/dags") { try await listDAGs($0) },
            .patch("/api/v2/dags") { try await patchDAGs($0) },
            .get("/api/v2/dags/{dag_id}") { request in
                let overview = try await overview(request)
                return .json(overview.answer(next: try await nextRun(overview)))
            },
            .patch("/api/v2/dags/{dag_id}") { try await patchDAG($0) },
            .get("/api/v2/dags/{dag_id}/details") { try await dagDetails($0) },
            .get("/api/v2/dags/{dag_id}/nextRuns") { try await listNextRuns($0) },
            .get("/api/v2/dags/{dag_id}/tasks") { try await listTasks($0) },
            .get("/api/v2/dags/{dag_id}/tasks/{task_id}") { try await task($0) },
            .get("/api/v2/dags/{dag_id}/dagVersions") { try await listVersions($0) },
            .get("/api/v2/dags/{dag_id}/dagVersions/{version_number}") { try await version($0) },
        ]
    }

    /// The DAG that the path names.
    func overview(_ request: APIRequest) async throws -> DAGOverview {
        let id = try request.path("dag_id")
        guard let overview = try await store.overview(id) else { throw try await noDAG(id) }
        return overview
    }

    func noDAG(_ id: String) async throws -> APIError {
        .notFound("Dag with id \(id) was not found\(suggestionText(for: id, among: try await store.dagIDs()))")
    }

    private func listDAGs(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let query = dagQuery(&reader)
        try reader.finish()
        return .json(try await page(of: query))
    }

    private func page(of query: DAGQuery) async throws -> JSONValue {
        let overviews = try await store.dags(query)
        let last = try await store.lastScheduledRuns(dagIDs: overviews.map(\.dag.dagID))
        let total = try await store.count(query)
        let answers = overviews.map { $0.answer(next: nextRun($0, after: last[$0.dag.dagID])) }
        return .page("dags", answers, total: total)
    }

    private func dagQuery(_ reader: inout QueryReader) -> DAGQuery {
        let (limit, offset) = reader.paging()
        var query = DAGQuery(limit: limit, offset: offset)
        query.isPaused = reader.bool("paused")
        query.onlyPresent = reader.bool("exclude_stale") ?? true
        query.idPart = reader.text("dag_id_pattern").flatMap(likePart)
        query.bundle = reader.text("bundle_name")
        query.tags = reader.texts("tags")
        let orders = reader.texts("order_by").filter { !["dag_id", "-dag_id", "dag_display_name"].contains($0) }
        reader.refuseOrders(orders, known: ["dag_id"])
        query.descending = reader.texts("order_by").first == "-dag_id"
        return query
    }

    private func patchDAGs(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let query = dagQuery(&reader)
        reader.require("dag_id_pattern")
        try reader.finish()
        let isPaused = try await isPaused(request)
        for overview in try await store.dags(query) {
            _ = try await store.setPaused(overview.dag.dagID, isPaused, now: now())
        }
        return .json(try await page(of: query))
    }

    private func patchDAG(_ request: APIRequest) async throws -> Response {
        let id = try request.path("dag_id")
        let isPaused = try await isPaused(request)
        guard try await store.setPaused(id, isPaused, now: now()) else { throw try await noDAG(id) }
        let overview = try await overview(request)
        return .json(overview.answer(next: try await nextRun(overview)))
    }

    private func isPaused(_ request: APIRequest) async throws -> Bool {
        var body = try await request.body(known: ["is_paused"])
        body.require("is_paused")
        let isPaused = body.bool("is_paused")
        try body.finish()
        return isPaused ?? false
    }

    private func dagDetails(_ request: APIRequest) async throws -> Response {
        let overview = try await overview(request)
        var active = RunQuery(dagID: overview.dag.dagID, limit: 1)
        active.states = [.running]
        return .json(
            overview.details(next: try await nextRun(overview), activeRuns: try await store.count(active)))
    }

    private func listTasks(_ request: APIRequest) async throws -> Response {
        let document = try await overview(request).version.document
        return .json(.page("tasks", document.tasks.map { $0.answer(in: document) }, total: document.tasks.count))
    }

    private func task(_ request: APIRequest) async throws -> Response {
        let document = try await overview(request).version.document
        let id = try request.path("task_id")
        guard let task = document.tasks.first(where: { $0.id == id }) else {
            throw APIError.notFound(
                "Task with id \(id) was not found\(suggestionText(for: id, among: document.tasks.map(\.id)))")
        }
        return .json(task.answer(in: document))
    }

    private func listVersions(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        try reader.finish()
        let versions = try await store.versions(dagID: try await overview(request).dag.dagID)
        return .json(
            .page("dag_versions", versions.dropFirst(offset).prefix(limit).map(\.answer), total: versions.count))
    }

    private func version(_ request: APIRequest) async throws -> Response {
        let dagID = try await overview(request).dag.dagID
        let number = try request.path("version_number")
        guard let version = try await store.versions(dagID: dagID).first(where: { String($0.number) == number }) else {
            throw APIError.notFound(
                "The DagVersion with dag_id: `\(dagID)` and version_number: `\(number)` was not found")
        }
        return .json(version.answer)
    }
}

// MARK: - The next runs

extension API {
    func nextRun(_ overview: DAGOverview) async throws -> DAGRunInfo? {
        nextRun(overview, after: try await store.lastScheduledRuns(dagIDs: [overview.dag.dagID])[overview.dag.dagID])
    }

    /// What the DAG's timetable asks for next; nil for a DAG that is gone, or whose time zone this machine does not know.
    private func nextRun(_ overview: DAGOverview, after last: RunRecord?) -> DAGRunInfo? {
        let interval = last.flatMap { run in
            run.dataIntervalStart.flatMap { start in run.dataIntervalEnd.map { DataInterval(start: start, end: $0) } }
        }
        return nextRuns(overview, after: interval, limit: 1).first
    }

    private func nextRuns(_ overview: DAGOverview, after last: DataInterval?, limit: Int) -> [DAGRunInfo] {
        guard overview.dag.isPresent, let timetable = try? overview.version.document.timetable else { return [] }
        let restriction = overview.version.document.restriction(firstSeen: overview.dag.firstSeenAt)
        var (runs, last): ([DAGRunInfo], DataInterval?) = ([], last)
        while runs.count < limit, let next = timetable.next(after: last, restriction: restriction, now: now()) {
            runs.append(next)
            last = next.dataInterval
        }
        return runs
    }

    private func listNextRuns(_ request: APIRequest) async throws -> Response {
        let overview = try await overview(request)
        var reader = request.query
        var limit = min(reader.integer("limit", atLeast: 1) ?? 5, QueryReader.largestPage)
        try reader.finish()
        // Where one run follows the other, nobody knows when the second one will be.
        if overview.version.document.schedule.isContinuous { limit = 1 }
        var runs: [DAGRunInfo] = []
        if let first = try await nextRun(overview) {
            runs = [first] + nextRuns(overview, after: first.dataInterval, limit: limit - 1)
        }
        let entries = runs.map { run in
            JSONValue.object([
                "data_interval_end": .time(run.dataInterval.end), "data_interval_start": .time(run.dataInterval.start),
                "logical_date": .time(run.logicalDate), "run_after": .time(run.runAfter),
            ])
        }
        return .json(.page("next_runs", entries, total: entries.count))
    }
}

extension DAGDocument {
    var timetable: Timetable { get throws { try Timetable(schedule) { try ZoneFiles().zone($0) } } }
}

/// Airflow's patterns are SQL LIKE's; here `%` at the ends means what it says, and `~` means all.
func likePart(_ pattern: String) -> String? {
    let part = pattern.trimming { $0 == "%" }
    return part == "~" || part.isEmpty ? nil : part
}

extension String {
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
        var text = self[...]
        while let first = text.first, isTrimmed(first) { text.removeFirst() }
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return String(text)
    }
}

extension QueryReader {
    mutating func require(_ name: String) {
        if texts(name).isEmpty { report(name, "missing", "Field required") }
    }

    mutating func refuseOrders(_ orders: [String], known: [String]) {
        for order in orders {
            report(
                "order_by", "value_error",
                "Ordering with '\(order)' is not possible; use \(known.joined(separator: ", "))")
        }
    }
}
