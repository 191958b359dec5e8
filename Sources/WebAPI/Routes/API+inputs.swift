internal import DAGModel
internal import Hummingbird
internal import Store

// What people are asked: Airflow's human-in-the-loop routes.
extension API {
    var inputRoutes: [Route] {
        let runs = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}"
        let one = runs + "/taskInstances/{task_id}/{map_index}/hitlDetails"
        return [
            .get(runs + "/hitlDetails") { try await listInputs($0) },
            .get(one) { try await input($0) },
            .patch(one) { try await answerInput($0) },
        ]
    }

    private func listInputs(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let (dagID, runID) = (try request.path("dag_id"), try request.path("dag_run_id"))
        var query = InputQuery(dagID: dagID == "~" ? nil : dagID, runID: runID == "~" ? nil : runID)
        query.taskID = reader.text("task_id")
        query.mapIndex = reader.integer("map_index", atLeast: -1)
        query.isAnswered = reader.bool("response_received")
        let part = reader.text("subject_search").flatMap(likePart)
        try reader.finish()
        let found = try await store.inputs(query).filter { _, row in
            part.map { row.wait?.request?.subject.contains($0) == true } ?? true
        }
        var answers: [JSONValue] = []
        for (run, row) in found.dropFirst(offset).prefix(limit) {
            answers.append(RunTasks(run, try await store.version(run.versionID)).inputAnswer(row))
        }
        return .json(.page("hitl_details", answers, total: found.count))
    }

    private func input(_ request: APIRequest) async throws -> Response {
        let run = try await run(request)
        let row = try await instance(request, of: run)
        guard row.wait?.request != nil else { throw noInput(row, run) }
        return .json(RunTasks(run, try await store.version(run.versionID)).inputAnswer(row))
    }

    private func answerInput(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["chosen_options", "params_input"])
        body.require("chosen_options")
        let chosen = body.texts("chosen_options")
        let params = body.object("params_input") ?? [:]
        if JSONValue.object(params).compactJSON.utf8.count > 16_384 {
            body.report("params_input", "value_error", "at most 16384 bytes are kept")
        }
        try body.finish()
        let run = try await run(request)
        let row = try await instance(request, of: run)
        let answer = InputAnswer(chosen: chosen, params: params, by: request.context.userName ?? "", at: now())
        let answered = try await store.changeRun(run.id, now: now()) { stored in
            let current = stored.instances.first { $0.taskID == row.taskID && $0.mapIndex == row.mapIndex }
            try check(answer, to: current ?? row, of: run)
            return stored.wake { other, _ in
                other.taskID == row.taskID && other.mapIndex == row.mapIndex ? .answer(answer) : nil
            }
        }
        guard !answered.isEmpty else { throw noInput(row, run) }
        return .json(
            .object([
                "responded_by": user(answer.by), "responded_at": .time(answer.at),
                "chosen_options": .array(chosen.map(JSONValue.string)), "params_input": .object(params),
            ]))
    }

    private func check(_ answer: InputAnswer, to row: InstanceRecord, of run: RunRecord) throws {
        guard let request = row.wait?.request else { throw noInput(row, run) }
        guard row.state == .awaitingInput else {
            throw APIError.conflict(
                "Human-in-the-loop detail has already been updated for Task Instance with id \(row.taskID) and is not allowed to write again: \(row.answerer)"
            )
        }
        guard request.assignees.isEmpty || request.assignees.contains(answer.by ?? "") else {
            throw APIError(
                status: .forbidden,
                detail: .string(
                    "User=\(answer.by ?? "") is not a respondent for the task; it asks \(request.assignees.joined(separator: ", "))"
                ))
        }
        let problems = request.problems(choosing: answer.chosen, answer.params)
        guard problems.isEmpty else { throw APIError.badRequest(problems.joined(separator: "; ")) }
    }

    private func noInput(_ row: InstanceRecord, _ run: RunRecord) -> APIError {
        .notFound(
            "Human-in-the-loop detail does not exist for Task Instance with dag_id: `\(run.dagID)`, run_id: `\(run.runID)` and task_id: `\(row.taskID)`: it is \(row.state.rawValue), and asks nobody"
        )
    }
}

extension InstanceRecord {
    fileprivate var answer: InputAnswer? {
        if case .answer(let answer)? = wait?.cause { answer } else { nil }
    }

    /// What became of a question, for people.
    fileprivate var answerer: String {
        guard let answer else { return "it is \(state.rawValue)" }
        let chosen = answer.chosen.joined(separator: ", ")
        return answer.by.map { "\($0) answered \(chosen) at \(answer.at.isoformat)" } ?? "the default \(chosen) holds"
    }
}

extension RunTasks {
    /// Airflow's `HITLDetail`.
    fileprivate func inputAnswer(_ row: InstanceRecord) -> JSONValue {
        let request = row.wait?.request ?? InputRequest(subject: "", options: [])
        return .object([
            "task_instance": answer(row), "subject": .string(request.subject), "body": .text(request.body),
            "options": .array(request.options.map(JSONValue.string)),
            "defaults": request.defaults.isEmpty ? .null : .array(request.defaults.map(JSONValue.string)),
            "multiple": .bool(request.isMultiple), "params": .object(request.params),
            "assigned_users": .array(request.assignees.map { user($0) }), "created_at": .time(row.wait?.since),
            "deadline": .time(row.wait?.suspension.until),
            "responded_by_user": user(row.answer?.by), "responded_at": .time(row.answer?.at),
            "chosen_options": row.answer.map { .array($0.chosen.map(JSONValue.string)) } ?? .null,
            "params_input": .object(row.answer?.params ?? [:]), "response_received": .bool(row.answer != nil),
        ])
    }
}

private func user(_ name: String?) -> JSONValue {
    name.map { .object(["id": .string($0), "name": .string($0)]) } ?? .null
}
