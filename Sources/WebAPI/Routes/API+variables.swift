internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var variableRoutes: [Route] {
        [
            .get("/api/v2/variables") { try await listVariables($0) },
            .post("/api/v2/variables") { try await createVariable($0) },
            .patch("/api/v2/variables") { try await changeVariables($0) },
            .get("/api/v2/variables/{variable_key}") { try await variable($0) },
            .patch("/api/v2/variables/{variable_key}") { try await patchVariable($0) },
            .delete("/api/v2/variables/{variable_key}") { try await deleteVariable($0) },
        ]
    }

    private func listVariables(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let part = reader.text("variable_key_pattern").flatMap(likePart)
        let order = reader.texts("order_by").first ?? "key"
        if !["key", "-key"].contains(order) { reader.refuseOrders([order], known: ["key"]) }
        try reader.finish()
        var found = try await store.variables(sealer).filter { variable in
            part.map { variable.key.contains($0) } ?? true
        }
        if order.hasPrefix("-") { found.reverse() }
        return .json(.page("variables", found.dropFirst(offset).prefix(limit).map(\.answer), total: found.count))
    }

    private func variable(_ request: APIRequest) async throws -> Response {
        let key = try request.path("variable_key")
        guard let variable = try await store.variable(key, sealer) else {
            throw APIError.noVariable(key, known: try await store.variableKeys())
        }
        return .json(variable.answer)
    }

    private func createVariable(_ request: APIRequest) async throws -> Response {
        let body = try await request.body(known: VariableRequest.fields)
        let action = VariableAction.create([try VariableRequest(.object(body.members), at: ["body"])], .fail)
        let created = try await store.changeVariables(sealer, now: now()) { try action.apply(to: &$0) }
        return .json(created.first?.answer ?? .null, status: .created)
    }

    private func patchVariable(_ request: APIRequest) async throws -> Response {
        let key = try request.path("variable_key")
        let mask = request.query.texts("update_mask")
        let body = try await request.body(known: VariableRequest.fields)
        if let inner = body.members["key"], inner != .string(key) {
            throw APIError.badRequest("Invalid body, key from request body doesn't match uri parameter")
        }
        var members = body.members
        if !mask.isEmpty { members = members.filter { mask.contains($0.key) } }
        members["key"] = .string(key)
        let action = VariableAction.update([try VariableRequest(.object(members), at: ["body"], isWhole: false)], .fail)
        let changed = try await store.changeVariables(sealer, now: now()) { try action.apply(to: &$0) }
        return .json(changed.first?.answer ?? .null)
    }

    private func deleteVariable(_ request: APIRequest) async throws -> Response {
        let action = VariableAction.delete([try request.path("variable_key")], .fail)
        _ = try await store.changeVariables(sealer, now: now()) { try action.apply(to: &$0) }
        return Response(status: .noContent)
    }

    /// Airflow's bulk route. Here all actions take effect, or none: the first that fails is the answer.
    private func changeVariables(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["actions"])
        body.require("actions")
        try body.finish()
        guard case .array(let values)? = body.members["actions"] else {
            throw APIError.unprocessable([
                InvalidField(["body", "actions"], "list_type", "Input should be a valid list")
            ])
        }
        let actions = try values.enumerated().map { try VariableAction($1, at: ["body", "actions", "\($0)"]) }
        let changed = try await store.changeVariables(sealer, now: now()) { variables in
            try actions.map { action in (action.name, try action.apply(to: &variables).map(\.key)) }
        }
        var answer: [String: JSONValue] = ["create": .null, "update": .null, "delete": .null]
        for (name, keys) in changed {
            var all = keys.map(JSONValue.string)
            if case .array(let before)? = answer[name]?["success"] { all = before + all }
            answer[name] = .object(["success": .array(all), "errors": .array([])])
        }
        return .json(.object(answer))
    }
}

extension Variable {
    /// Airflow's `VariableResponse`: values that its rules hide are `***`.
    var answer: JSONValue {
        .object([
            "key": .string(key), "value": .string(maskedValue), "description": .text(description),
            "is_encrypted": .bool(true),
            "team_name": .null,
        ])
    }
}
