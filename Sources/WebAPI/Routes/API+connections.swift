internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var connectionRoutes: [Route] {
        [
            .get("/api/v2/connections") { try await listConnections($0) },
            .post("/api/v2/connections") { try await createConnection($0) },
            .patch("/api/v2/connections") { try await changeConnections($0) },
            .get("/api/v2/connections/{connection_id}") { try await connection($0) },
            .patch("/api/v2/connections/{connection_id}") { try await patchConnection($0) },
            .delete("/api/v2/connections/{connection_id}") { try await deleteConnection($0) },
        ]
    }

    private func listConnections(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let part = reader.text("connection_id_pattern").flatMap(likePart)
        let order = reader.texts("order_by").first ?? "connection_id"
        if !["connection_id", "-connection_id"].contains(order) {
            reader.refuseOrders([order], known: ["connection_id"])
        }
        try reader.finish()
        var found = try await store.connections(sealer)
            .filter { connection in part.map { connection.id.contains($0) } ?? true }
        if order.hasPrefix("-") { found.reverse() }
        return .json(.page("connections", found.dropFirst(offset).prefix(limit).map(\.answer), total: found.count))
    }

    private func connection(_ request: APIRequest) async throws -> Response {
        let id = try request.path("connection_id")
        guard let connection = try await store.connection(id, sealer) else { throw try await noConnection(id) }
        return .json(connection.answer)
    }

    private func noConnection(_ id: String) async throws -> APIError {
        .noConnection(id, known: try await store.connectionIDs())
    }

    private func createConnection(_ request: APIRequest) async throws -> Response {
        let body = try await request.body(known: ConnectionRequest.fields)
        try body.finish()
        let action = BulkAction.create([try ConnectionRequest(body.members, at: ["body"])], onExistence: .fail)
        let created = try await store.changeConnections(sealer, now: now()) { try action.apply(to: &$0) }
        return .json(created.first?.answer ?? .null, status: .created)
    }

    private func patchConnection(_ request: APIRequest) async throws -> Response {
        let id = try request.path("connection_id")
        var body = try await request.body(known: ConnectionRequest.fields)
        if let inner = body.members["connection_id"], inner != .string(id) {
            body.report(
                "connection_id", "value_error", "The connection_id in the request body does not match the URL parameter"
            )
        }
        try body.finish()
        let members = body.members.merging(["connection_id": .string(id)]) { first, _ in first }
        let changed = try await store.changeConnections(sealer, now: now()) { connections in
            guard let stored = connections[id] else { throw APIError.noConnection(id, known: Array(connections.keys)) }
            let whole = try ConnectionRequest(stored.publicMembers.merging(members) { _, new in new }, at: ["body"])
            return try BulkAction.update([whole], onMissing: .fail).apply(to: &connections)
        }
        return .json(changed.first?.answer ?? .null)
    }

    private func deleteConnection(_ request: APIRequest) async throws -> Response {
        let action = BulkAction.delete([try request.path("connection_id")], onMissing: .fail)
        _ = try await store.changeConnections(sealer, now: now()) { try action.apply(to: &$0) }
        return Response(status: .noContent)
    }

    /// Airflow's bulk route. Here all actions take effect, or none: the first that fails is the answer.
    private func changeConnections(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["actions"])
        body.require("actions")
        try body.finish()
        let actions = try BulkAction.list(body.members["actions"] ?? .null)
        let changed = try await store.changeConnections(sealer, now: now()) { connections in
            try actions.map { action in (action.name, try action.apply(to: &connections).map(\.id)) }
        }
        var answer: [String: JSONValue] = ["create": .null, "update": .null, "delete": .null]
        for (name, ids) in changed {
            var all = ids.map(JSONValue.string)
            if case .array(let before)? = answer[name]?["success"] { all = before + all }
            answer[name] = .object(["success": .array(all), "errors": .array([])])
        }
        return .json(.object(answer))
    }
}

extension APIError {
    static func noConnection(_ id: String, known: [String]) -> APIError {
        .notFound("The Connection with connection_id: `\(id)` was not found\(suggestionText(for: id, among: known))")
    }
}

extension Connection {
    /// What a partial change starts from: everything but secrets, which stay as they are.
    fileprivate var publicMembers: [String: JSONValue] {
        [
            "conn_type": .string(type), "description": .text(description), "host": .text(host), "login": .text(login),
            "schema": .text(schema), "port": .number(port),
        ]
    }
}
