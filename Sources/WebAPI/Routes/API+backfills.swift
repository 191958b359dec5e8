internal import DAGModel
internal import Hummingbird
internal import Store

// Backfills: runs for the dates of a range.
extension API {
    var backfillRoutes: [Route] {
        let one = "/api/v2/backfills/{backfill_id}"
        return [
            .get("/api/v2/backfills") { try await listBackfills($0) },
            .post("/api/v2/backfills") { try await createBackfill($0) },
            .post("/api/v2/backfills/dry_run") { try await dryRunBackfill($0) },
            .get(one) { request in
                let backfill = try await backfill(request)
                return .json(try await answer(backfill))
            },
            .get(one + "/dag_runs") { try await listBackfillRuns($0) },
            .put(one + "/pause") {
                try await changeBackfill($0) { try await store.setBackfillPaused($0, true, now: now()) }
            },
            .put(one + "/unpause") {
                try await changeBackfill($0) { try await store.setBackfillPaused($0, false, now: now()) }
            },
            .put(one + "/cancel") { try await changeBackfill($0) { try await store.cancelBackfill($0, now: now()) } },
        ]
    }

    private func listBackfills(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let dagID = reader.text("dag_id").flatMap { $0 == "~" ? nil : $0 }
        let order = reader.texts("order_by").first ?? "id"
        if !["id", "-id"].contains(order) { reader.refuseOrders([order], known: ["id"]) }
        try reader.finish()
        if let dagID, try await store.dag(dagID) == nil { throw try await noDAG(dagID) }
        let found = try await store.backfills(
            dagID: dagID, descending: order == "-id", limit: limit, offset: offset)
        let progress = try await store.backfillProgress(found.map(\.id))
        return .json(
            .page(
                "backfills", found.map { $0.answer(progress[$0.id] ?? BackfillProgress()) },
                total: try await store.backfillCount(dagID: dagID)))
    }

    private func createBackfill(_ request: APIRequest) async throws -> Response {
        let planned = try await plannedBackfill(request)
        do {
            let new = NewBackfill(
                version: planned.version, spec: planned.spec, dates: planned.dates, triggeredBy: "rest_api")
            let backfill = try await store.createBackfill(new, now: now())
            return .json(try await answer(backfill, plan: planned.forecast))
        } catch let error as StoreError {
            guard case .backfillOverlaps = error else { throw error }
            throw APIError.conflict("\(error)")
        }
    }

    private func dryRunBackfill(_ request: APIRequest) async throws -> Response {
        let planned = try await plannedBackfill(request)
        if let other = try await store.backfill(
            dagID: planned.version.dagID, from: planned.spec.from, to: planned.spec.to)
        {
            let overlap = StoreError.backfillOverlaps(id: other.id, from: other.spec.from, to: other.spec.to)
            throw APIError.conflict("\(overlap)")
        }
        let entries = planned.dates.filter(\.action.isRun).map { date in
            JSONValue.object([
                "action": .string(date.action == .create ? "create" : "clear"),
                "logical_date": .time(date.run.logicalDate), "partition_date": .null, "partition_key": .null,
            ])
        }
        return .json(
            .object([
                "backfills": .array(entries), "total_entries": .number(entries.count),
                "plan": planned.forecast.answer,
            ]))
    }

    private func listBackfillRuns(_ request: APIRequest) async throws -> Response {
        let backfill = try await backfill(request)
        var reader = request.query
        let (limit, offset) = reader.paging()
        try reader.finish()
        let dates = try await store.backfillDates(backfill.id, limit: limit, offset: offset)
        let total = try await store.backfillProgress([backfill.id])[backfill.id]?.total ?? 0
        return .json(.page("backfill_dag_runs", dates.map { $0.answer(dagID: backfill.dagID) }, total: total))
    }

    private func changeBackfill(
        _ request: APIRequest, _ change: (Int64) async throws -> BackfillRecord?
    ) async throws -> Response {
        let backfill = try await backfill(request)
        guard let changed = try await change(backfill.id) else {
            throw APIError.conflict("Backfill is already completed.")
        }
        return .json(try await answer(changed))
    }

    private func answer(_ backfill: BackfillRecord, plan: BackfillForecast? = nil) async throws -> JSONValue {
        let progress = try await store.backfillProgress([backfill.id])[backfill.id]
        return backfill.answer(progress ?? BackfillProgress(), plan: plan)
    }

    private func backfill(_ request: APIRequest) async throws -> BackfillRecord {
        let text = try request.path("backfill_id")
        guard let id = Int64(text), id >= 0 else {
            throw APIError.unprocessable([
                InvalidField(["path", "backfill_id"], "int_parsing", "Input should be a valid integer")
            ])
        }
        guard let backfill = try await store.backfill(id) else {
            throw APIError.notFound("Could not find backfill with id \(id)")
        }
        return backfill
    }
}

// MARK: - What a request means

/// A backfill that may begin: what it does about each date, and what that takes.
private struct PlannedBackfill {
    let version: VersionRecord
    let spec: BackfillSpec
    let dates: [(run: DAGRunInfo, action: BackfillAction)]
    let forecast: BackfillForecast
}

extension API {
    private func plannedBackfill(_ request: APIRequest) async throws -> PlannedBackfill {
        let asked = try BackfillRequest(try await request.body(known: BackfillRequest.fields))
        guard let overview = try await store.overview(asked.dagID) else { throw try await noDAG(asked.dagID) }
        guard overview.dag.isPresent else {
            throw APIError.badRequest(
                "Dag \(asked.dagID) is no longer in its bundle \(overview.dag.bundle) and cannot be backfilled")
        }
        let dates = try await dates(asked.spec, overview.version)
        let pools = try await store.pools().map { ($0.name, $0.slots) }
        let forecast = BackfillForecast(
            asked.spec, dates.map(\.action), of: overview.version.document,
            past: try await store.runSeconds(dagID: asked.dagID),
            pools: Dictionary(pools, uniquingKeysWith: { first, _ in first }))
        return PlannedBackfill(version: overview.version, spec: asked.spec, dates: dates, forecast: forecast)
    }

    private func dates(
        _ spec: BackfillSpec, _ version: VersionRecord
    ) async throws -> [(run: DAGRunInfo, action: BackfillAction)] {
        let timetable = try version.document.timetable
        let problems = spec.problems(in: version.document, timetable: timetable, now: now())
        guard problems.isEmpty else { throw APIError(problems) }
        do {
            let runs = try spec.dates(of: version.document, timetable: timetable, now: now())
            let known = runs.map(\.logicalDate)
            guard let first = known.min(), let last = known.max() else { return [] }
            let states = try await store.runStates(dagID: version.dagID, from: first, to: last)
            let dates = runs.map { (run: $0, action: spec.reprocess.action(on: states[$0.logicalDate])) }
            if dates.contains(where: { $0.action == .create }) { try spec.checkInputs(in: version.document) }
            return dates
        } catch let problem as BackfillProblem {
            throw APIError([problem])
        }
    }
}

extension APIError {
    fileprivate init(_ problems: [BackfillProblem]) {
        self = .unprocessable(
            problems.map { InvalidField(["body"] + $0.field, "value_error", $0.description) })
    }
}
