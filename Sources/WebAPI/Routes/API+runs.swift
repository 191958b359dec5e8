internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var runRoutes: [Route] {
        [
            .get("/api/v2/dags/{dag_id}/dagRuns") { try await listRuns($0) },
            .post("/api/v2/dags/{dag_id}/dagRuns") { try await trigger($0) },
            .get("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}") { request in
                let run = try await run(request)
                return .json(run.answer(try await store.version(run.versionID)))
            },
            .patch("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}") { try await patchRun($0) },
            .get("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait") { try await waitForRun($0) },
        ]
    }

    /// The run that the path names; `~` for the DAG means whichever DAG has the one run of this id.
    func run(_ request: APIRequest) async throws -> RunRecord {
        try await run(dagID: try request.path("dag_id"), runID: try request.path("dag_run_id"))
    }

    func run(dagID: String, runID: String) async throws -> RunRecord {
        if dagID == "~" { return try await onlyRun(runID) }
        if let run = try await store.run(dagID: dagID, runID: runID) { return run }
        guard try await store.dag(dagID) != nil else { throw try await noDAG(dagID) }
        let known = try await store.newestRunIDs(dagID: dagID, limit: 200)
        throw APIError.notFound(
            "The DagRun with dag_id: `\(dagID)` and run_id: `\(runID)` was not found\(suggestionText(for: runID, among: known))"
        )
    }

    private func onlyRun(_ runID: String) async throws -> RunRecord {
        let dagIDs = try await store.dagIDs(runID: runID)
        guard dagIDs.count < 2 else {
            throw APIError.badRequest(
                "The DagRun with run_id: `\(runID)` exists in \(dagIDs.joined(separator: ", ")); name the DAG")
        }
        guard let dagID = dagIDs.first, let run = try await store.run(dagID: dagID, runID: runID) else {
            throw APIError.notFound("The DagRun with run_id: `\(runID)` was not found")
        }
        return run
    }

    private func listRuns(_ request: APIRequest) async throws -> Response {
        let dagID = try request.path("dag_id")
        if dagID != "~", try await store.dag(dagID) == nil { throw try await noDAG(dagID) }
        var reader = request.query
        let query = runQuery(dagID == "~" ? nil : dagID, &reader)
        try reader.finish()
        let runs = try await store.runs(query)
        let versions = try await store.versions(Set(runs.map(\.versionID)))
        return .json(
            .page("dag_runs", runs.map { $0.answer(versions[$0.versionID]) }, total: try await store.count(query)))
    }

    private func runQuery(_ dagID: String?, _ reader: inout QueryReader) -> RunQuery {
        let (limit, offset) = reader.paging()
        var query = RunQuery(dagID: dagID, limit: limit, offset: offset)
        query.states = reader.values("state", DAGRunState.self)
        query.types = reader.values("run_type", DAGRunType.self)
        query.idPart = reader.text("run_id_pattern").flatMap(likePart)
        query.runAfter = (reader.instant("run_after_gte"), reader.instant("run_after_lte"))
        query.logicalDate = (reader.instant("logical_date_gte"), reader.instant("logical_date_lte"))
        guard let name = reader.texts("order_by").first else { return query }
        query.descending = name.hasPrefix("-")
        let column = name.drop { $0 == "-" }
        if let order = RunQuery.Order(rawValue: column == "dag_run_id" ? "run_id" : String(column)) {
            query.order = order
        } else {
            reader.refuseOrders([name], known: RunQuery.Order.allCases.map(\.rawValue))
        }
        return query
    }

    private func patchRun(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["state", "note"])
        let state = body.text("state")
        let note = body.text("note", longest: 1_000)
        let known = [DAGRunState.queued, .success, .failed]
        let mark = known.first { $0.rawValue == state }
        if let state, mark == nil {
            let names = known.map(\.rawValue)
            body.report(
                "state", "enum",
                "Input should be one of \(names.joined(separator: ", "))\(suggestionText(for: state, among: names))")
        }
        try body.finish()
        let run = try await run(request)
        if let mark { try await markRun(run, as: mark) }
        if body.has("note") { _ = try await store.setNote(dagID: run.dagID, runID: run.runID, note) }
        let changed = try await store.run(id: run.id) ?? run
        return .json(changed.answer(try await store.version(run.versionID)))
    }
}
