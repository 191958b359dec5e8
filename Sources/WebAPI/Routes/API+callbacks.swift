internal import DAGModel
internal import Hummingbird
internal import Store

// The outbox of callbacks, and the deadlines of runs. Airflow has no public routes for the former.
extension API {
    var callbackRoutes: [Route] {
        [
            .get("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/callbacks") { try await listCallbacks($0) },
            .get("/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/deadlines") { try await listDeadlines($0) },
            .get("/api/v2/callbacks/{callback_id}") { request in
                let callback = try await callback(request)
                return .json(callback.answer)
            },
            .get("/api/v2/callbacks/{callback_id}/logs") { try await callbackLog($0) },
            .patch("/api/v2/callbacks/{callback_id}") { try await patchCallback($0) },
        ]
    }

    private func listCallbacks(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let (dagID, runID) = (try request.path("dag_id"), try request.path("dag_run_id"))
        var query = CallbackQuery(
            dagID: dagID == "~" ? nil : dagID, runID: runID == "~" ? nil : runID, limit: limit, offset: offset)
        query.taskID = reader.text("task_id")
        query.states = reader.values("state", CallbackRecord.State.self)
        try reader.finish()
        if dagID != "~", runID != "~" { _ = try await run(request) }
        return .json(
            .page("callbacks", try await store.callbacks(query).map(\.answer), total: try await store.count(query)))
    }

    /// Airflow's `DeadlineCollectionResponse`, with how each deadline stands and what tells of a miss.
    private func listDeadlines(_ request: APIRequest) async throws -> Response {
        let run = try await run(request)
        let deadlines = try await store.deadlines(run: run.id)
        return .json(.page("deadlines", deadlines.map { $0.answer(of: run) }, total: deadlines.count))
    }

    private func callback(_ request: APIRequest) async throws -> NamedCallback {
        let id = try request.path("callback_id")
        guard let number = Int64(id), let record = try await store.callback(number),
            let run = try await store.run(id: record.run)
        else { throw APIError.notFound("There is no callback \(id)") }
        return NamedCallback(record: record, dagID: run.dagID, runID: run.runID)
    }

    /// The most that is shown of the log of one call.
    private static let longestLog = 1 << 20

    /// What the calls have printed, one after the other.
    private func callbackLog(_ request: APIRequest) async throws -> Response {
        let callback = try await callback(request)
        var bytes: [UInt8] = []
        for attempt in callback.record.attempts {
            var position: Int64 = 0
            while position < Self.longestLog {
                let part = try await logs.read(attempt: attempt, from: position, limit: 64 << 10)
                position += Int64(part.bytes.count)
                bytes += part.bytes
                if part.bytes.isEmpty || part.isComplete { break }
            }
        }
        if request.accepts(["application/json", "text/plain"]) == "text/plain" {
            return .text(String(decoding: bytes, as: UTF8.self), type: "text/plain; charset=utf-8")
        }
        return .json(.object(["content": .array(LogLines.events(bytes)), "continuation_token": .null]))
    }

    /// `{"state": "pending"}` has a callback called again that was given up.
    private func patchCallback(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["state"])
        body.require("state")
        if body.has("state"), body.text("state") != "pending" {
            body.report("state", "enum", "Input should be pending: the callback is called again")
        }
        try body.finish()
        let callback = try await callback(request)
        guard try await store.retryCallback(callback.record.id, now: now()) else {
            throw APIError.conflict(
                "Callback \(callback.record.id) is \(callback.record.state.rawValue); only one that has failed can be called again"
            )
        }
        return .json(try await self.callback(request).answer)
    }
}

extension DeadlineRecord {
    fileprivate func answer(of record: RunRecord) -> JSONValue {
        .object([
            "id": .string(uuid(named: "deadline/\(run)/\(index)")), "dag_id": .string(record.dagID),
            "dag_run_id": .string(record.runID), "deadline_time": .time(at), "missed": .bool(state == .missed),
            "state": .string(state.rawValue), "created_at": .time(createdAt), "alert_name": .text(name),
            "alert_description": .null, "callback_id": callback.map(JSONValue.int) ?? .null,
        ])
    }
}

extension NamedCallback {
    var answer: JSONValue {
        let event = record.event
        return .object([
            "id": .int(record.id), "dag_id": .string(dagID), "dag_run_id": .string(runID),
            "task_id": .text(event.taskID), "map_index": .number(event.mapIndex),
            "try_number": .number(event.tryNumber), "kind": .string(event.kind.rawValue),
            "event_state": .string(event.state), "event_reason": .text(event.reason), "event_at": .time(event.at),
            "deadline": .time(event.deadline?.at), "dedupe_key": .string(event.dedupeKey),
            "state": .string(record.state.rawValue), "calls": .number(record.calls),
            "due_at": .time(record.state == .pending ? record.dueAt : nil), "worker": .text(record.worker),
            "error": .text(record.error), "end_date": .time(record.endedAt),
        ])
    }
}
