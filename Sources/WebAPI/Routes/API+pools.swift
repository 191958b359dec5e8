internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var poolRoutes: [Route] {
        [
            .get("/api/v2/pools") { try await listPools($0) },
            .post("/api/v2/pools") { try await createPool($0) },
            .get("/api/v2/pools/{pool_name}") { try await pool($0) },
            .patch("/api/v2/pools/{pool_name}") { try await patchPool($0) },
            .delete("/api/v2/pools/{pool_name}") { try await deletePool($0) },
        ]
    }

    private func listPools(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let part = reader.text("pool_name_pattern").flatMap(likePart)
        let order = reader.texts("order_by").first ?? "name"
        if !["name", "-name"].contains(order) { reader.refuseOrders([order], known: ["name"]) }
        try reader.finish()
        var found = try await store.pools().filter { pool in part.map { pool.name.contains($0) } ?? true }
        if order.hasPrefix("-") { found.reverse() }
        let use = try await store.poolUse()
        let page = found.dropFirst(offset).prefix(limit).map { $0.answer(use[$0.name] ?? PoolUse()) }
        return .json(.page("pools", page, total: found.count))
    }

    private func pool(_ request: APIRequest) async throws -> Response {
        let name = try request.path("pool_name")
        let pools = try await store.pools()
        guard let found = pools.first(where: { $0.name == name }) else {
            throw APIError.noPool(name, known: pools.map(\.name))
        }
        return .json(found.answer(try await store.poolUse()[name] ?? PoolUse()))
    }

    private func createPool(_ request: APIRequest) async throws -> Response {
        let new = try PoolRequest(try await request.body(known: PoolRequest.fields), isWhole: true)
        let name = new.name ?? ""
        let created = try await store.changePools { pools in
            guard pools[name] == nil else { throw APIError.conflict("The Pool with name: `\(name)` already exists") }
            let pool = new.merged(over: nil, named: name)
            pools[name] = pool
            return pool
        }
        return .json(created.answer(try await store.poolUse()[name] ?? PoolUse()), status: .created)
    }

    private func patchPool(_ request: APIRequest) async throws -> Response {
        let name = try request.path("pool_name")
        let mask = request.query.texts("update_mask")
        var body = try await request.body(known: PoolRequest.fields)
        if !mask.isEmpty { body = BodyReader(body.members.filter { mask.contains($0.key) }, known: PoolRequest.fields) }
        let change = try PoolRequest(body, isWhole: false)
        if let inner = change.name, inner != name {
            throw APIError.badRequest("Invalid body, pool name from request body doesn't match uri parameter")
        }
        let changed = try await store.changePools { pools in
            guard let stored = pools[name] else { throw APIError.noPool(name, known: Array(pools.keys)) }
            let pool = change.merged(over: stored, named: name)
            pools[name] = pool
            return pool
        }
        return .json(changed.answer(try await store.poolUse()[name] ?? PoolUse()))
    }

    private func deletePool(_ request: APIRequest) async throws -> Response {
        let name = try request.path("pool_name")
        guard name != PoolRecord.defaultName else { throw APIError.badRequest("Default Pool can't be deleted") }
        try await store.changePools { pools in
            guard pools.removeValue(forKey: name) != nil else {
                throw APIError.noPool(name, known: Array(pools.keys))
            }
        }
        return Response(status: .noContent)
    }
}

extension PoolRecord {
    /// Airflow's `PoolResponse`; -1 open slots are without limit.
    fileprivate func answer(_ use: PoolUse) -> JSONValue {
        let occupied = use.occupied(includingDeferred: includeDeferred)
        return .object([
            "name": .string(name), "slots": .int(Int64(slots)), "description": .text(description),
            "include_deferred": .bool(includeDeferred), "occupied_slots": .int(Int64(occupied)),
            "running_slots": .int(Int64(use.running)), "queued_slots": .int(Int64(use.queued)),
            "scheduled_slots": .int(Int64(use.scheduled)), "deferred_slots": .int(Int64(use.deferred)),
            "open_slots": .int(Int64(slots < 0 ? -1 : slots - occupied)), "team_name": .null,
        ])
    }
}

extension APIError {
    fileprivate static func noPool(_ name: String, known: [String]) -> APIError {
        .notFound("The Pool with name: `\(name)` was not found\(suggestionText(for: name, among: known))")
    }
}
