internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var assetRoutes: [Route] {
        [
            .get("/api/v2/assets") { try await listAssets($0) },
            // Aliases do not exist here.
            .get("/api/v2/assets/aliases") { _ in .json(.page("asset_aliases", [], total: 0)) },
            .get("/api/v2/assets/events") { try await listAssetEvents($0) },
            .post("/api/v2/assets/events") { try await createAssetEvent($0) },
            .get("/api/v2/assets/{asset_id}") { request in .json(try await asset(request).answer) },
            .post("/api/v2/assets/{asset_id}/materialize") { try await materializeAsset($0) },
            .get("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents") { try await upstreamEvents($0) },
        ]
    }

    /// The asset that the path names.
    func asset(_ request: APIRequest) async throws -> AssetRecord {
        guard let id = Int64(try request.path("asset_id")) else {
            throw APIError.unprocessable([
                InvalidField(
                    ["path", "asset_id"], "int_parsing",
                    "Input should be a valid integer: GET /api/v2/assets?name_pattern=NAME tells an asset's id")
            ])
        }
        guard let asset = try await store.asset(id) else {
            throw APIError.notFound("The Asset with ID: `\(id)` was not found")
        }
        return asset
    }

    private func listAssets(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        var query = AssetQuery(limit: limit, offset: offset)
        query.namePart = reader.text("name_pattern").flatMap(likePart)
        query.uriPart = reader.text("uri_pattern").flatMap(likePart)
        query.dagIDs = reader.texts("dag_ids")
        query.onlyActive = reader.bool("only_active") ?? true
        (query.order, query.descending) = reader.order(AssetQuery.Order.self, or: .id)
        try reader.finish()
        return .json(
            .page("assets", try await store.assets(query).map(\.answer), total: try await store.count(query)))
    }

    private func listAssetEvents(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        var query = AssetEventQuery(limit: limit, offset: offset)
        query.asset = reader.integer("asset_id", atLeast: 0).map(Int64.init)
        query.namePart = reader.text("name_pattern").flatMap(likePart)
        query.sourceDAGID = reader.text("source_dag_id")
        query.sourceTaskID = reader.text("source_task_id")
        query.sourceRunID = reader.text("source_run_id")
        query.sourceMapIndex = reader.integer("source_map_index", atLeast: -1)
        query.from = reader.instant("timestamp_gte")
        query.to = reader.instant("timestamp_lte")
        (query.order, query.descending) = reader.order(AssetEventQuery.Order.self, or: .timestamp)
        try reader.finish()
        return .json(try await page(of: query))
    }

    private func page(of query: AssetEventQuery) async throws -> JSONValue {
        let events = try await store.assetEvents(query)
        let runs = try await store.runs(causedBy: events.map(\.id))
        return .page("asset_events", events.map { $0.answer(runs[$0.id] ?? []) }, total: try await store.count(query))
    }

    private func upstreamEvents(_ request: APIRequest) async throws -> Response {
        var query = AssetEventQuery(limit: 1_000)
        query.causedRun = try await run(request).id
        return .json(try await page(of: query))
    }

    private func createAssetEvent(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["asset_id", "extra", "partition_key", "access_control"])
        body.require("asset_id")
        var asset: Int64?
        if case .int(let id)? = body.members["asset_id"] { asset = id }
        if asset == nil, body.has("asset_id") {
            body.report("asset_id", "int_type", "Input should be a valid integer")
        }
        var extra = body.object("extra") ?? [:]
        let text = JSONValue.object(extra).compactJSON
        if text.utf8.count > Asset.longestExtra || text.contains("\\u0000") {
            body.report(
                "extra", "value_error",
                "at most \(Asset.longestExtra) bytes of JSON without NUL, are \(text.utf8.count): send an address instead"
            )
        }
        for name in ["partition_key", "access_control"] where body.members[name] ?? .null != .null {
            body.report(name, "value_error", "There are no partitions and teams here; leave it out")
        }
        try body.finish()
        extra["from_rest_api"] = .bool(true)
        guard let asset, let id = try await store.emitAssetEvent(asset, extra: .object(extra), now: now()) else {
            throw APIError.notFound("The Asset with ID: `\(asset ?? 0)` was not found")
        }
        var query = AssetEventQuery(limit: 1)
        query.event = id
        guard let event = try await store.assetEvents(query).first else {
            throw APIError.notFound("The event \(id) was not found")
        }
        return .json(event.answer([]))
    }

    /// Starts a run of the one DAG whose tasks update the asset.
    private func materializeAsset(_ request: APIRequest) async throws -> Response {
        let asset = try await asset(request)
        let dagIDs = Set(asset.outlets.map(\.dagID)).sorted()
        guard let dagID = dagIDs.first else {
            throw APIError.notFound(
                "No DAG materializes asset with ID: \(asset.id): no task has \(asset.key.name) as an outlet")
        }
        guard dagIDs.count == 1 else {
            throw APIError.conflict(
                "More than one DAG materializes asset with ID: \(asset.id): trigger one of \(dagIDs.joined(separator: ", "))"
            )
        }
        guard let overview = try await store.overview(dagID) else { throw try await noDAG(dagID) }
        var body = try await request.body(known: TriggerRequest.fields, orNone: true)
        let trigger = TriggerRequest(&body, params: overview.version.document.params, requiresDate: false)
        try body.finish()
        let run = try trigger.run(
            of: overview.version, now: now(), suffix: randomRunSuffix(), type: .assetMaterialization)
        return .json(try await store.createRun(run, now: now()).answer(overview.version))
    }
}

extension QueryReader {
    /// What a page is sorted by; a minus turns the order round.
    mutating func order<Order: RawRepresentable<String> & CaseIterable>(
        _ type: Order.Type, or usual: Order
    ) -> (Order, descending: Bool) {
        guard let name = texts("order_by").first else { return (usual, false) }
        guard let order = Order(rawValue: String(name.drop { $0 == "-" })) else {
            refuseOrders([name], known: Order.allCases.map(\.rawValue))
            return (usual, false)
        }
        return (order, name.hasPrefix("-"))
    }
}
