internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    private static let instancesPath = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances"

    var instanceRoutes: [Route] {
        let one = Self.instancesPath + "/{task_id}"
        let mapped = one + "/{map_index}"
        return [
            .get(Self.instancesPath) { try await listInstances($0, taskID: nil) },
            .get(one) { try await instance($0) },
            .get(one + "/listMapped") { try await listInstances($0, taskID: try $0.path("task_id")) },
            .get(one + "/tries") { try await listTries($0) },
            .get(one + "/tries/{task_try_number}") { try await oneTry($0) },
            .get(one + "/logs/{try_number}") { try await log($0) },
            .get(one + "/xcomEntries") { try await listXComs($0) },
            .get(one + "/xcomEntries/{xcom_key}") { try await xcom($0) },
            .get(mapped) { try await instance($0) },
            .get(mapped + "/tries") { try await listTries($0) },
            .get(mapped + "/tries/{task_try_number}") { try await oneTry($0) },
        ]
    }

    private func listInstances(_ request: APIRequest, taskID: String?) async throws -> Response {
        let run = try await run(request)
        var reader = request.query
        let (limit, offset) = reader.paging()
        var query = InstanceQuery(run: run.id, limit: limit, offset: offset)
        query.taskID = taskID
        query.states = reader.values("state", TaskState.self)
        try reader.finish()
        let version = try await store.version(run.versionID)
        query.taskOrder = version?.document.tasks.map(\.id) ?? []
        let tasks = RunTasks(run, version)
        let instances = try await store.instances(query)
        return .json(.page("task_instances", instances.map(tasks.answer), total: try await store.count(query)))
    }

    private func instance(_ request: APIRequest) async throws -> Response {
        let run = try await run(request)
        let instance = try await instance(request, of: run)
        return .json(RunTasks(run, try await store.version(run.versionID)).answer(instance))
    }

    /// The task instance that the path, and `map_index` in the path or the query, name.
    func instance(_ request: APIRequest, of run: RunRecord) async throws -> InstanceRecord {
        try await instance(request, mapIndex: try mapIndex(request), of: run)
    }

    /// The same; `mapIndex` is from the query, and the path's goes before it.
    func instance(_ request: APIRequest, mapIndex queried: Int?, of run: RunRecord) async throws -> InstanceRecord {
        let taskID = try request.path("task_id")
        let inPath = request.context.parameters.get("map_index").map { Int($0) }
        guard let mapIndex = inPath ?? queried ?? -1, Int32(exactly: mapIndex) != nil else { throw Self.noMapIndex }
        if let instance = try await store.instance(run: run.id, taskID: taskID, mapIndex: mapIndex) { return instance }
        let name = "The Task Instance with dag_id: `\(run.dagID)`, run_id: `\(run.runID)` and task_id: `\(taskID)`"
        var siblings = InstanceQuery(run: run.id, limit: 1)
        siblings.taskID = taskID
        guard try await store.count(siblings) == 0 else {
            throw APIError.notFound(
                "\(name) is mapped, add the map_index value to the URL; there is none for \(mapIndex)")
        }
        let tasks = try await store.version(run.versionID)?.document.tasks.map(\.id) ?? []
        throw APIError.notFound("\(name) was not found\(suggestionText(for: taskID, among: tasks))")
    }

    private func mapIndex(_ request: APIRequest) throws -> Int {
        var reader = request.query
        let index =
            if request.context.parameters.get("map_index") != nil {
                Int(try request.path("map_index"))
            } else {
                reader.integer("map_index", atLeast: -1) ?? -1
            }
        try reader.finish()
        guard let index, Int32(exactly: index) != nil else { throw Self.noMapIndex }
        return index
    }

    private static var noMapIndex: APIError {
        .unprocessable([InvalidField(["path", "map_index"], "int_parsing", "Input should be a valid integer")])
    }

    /// The attempts that have ended, and the one that has not.
    private func tries(_ request: APIRequest) async throws -> [JSONValue] {
        let run = try await run(request)
        let instance = try await instance(request, of: run)
        let tasks = RunTasks(run, try await store.version(run.versionID))
        // What was suspended goes on in the same try.
        let ended = try await store.attempts(run: run.id, taskID: instance.taskID, mapIndex: instance.mapIndex)
            .filter { !$0.state.isSuspended }
        let isListed = ended.contains { $0.tryNumber == instance.tryNumber } && instance.attempt == nil
        return ended.map(tasks.answer) + (isListed || instance.tryNumber == 0 ? [] : [tasks.current(instance)])
    }

    private func listTries(_ request: APIRequest) async throws -> Response {
        let tries = try await tries(request)
        return .json(.page("task_instances", tries, total: tries.count))
    }

    private func oneTry(_ request: APIRequest) async throws -> Response {
        let number = try request.path("task_try_number")
        guard let answer = try await tries(request).last(where: { $0["try_number"]?.compactJSON == number }) else {
            throw APIError.notFound("The Task Instance has no try \(number)")
        }
        return .json(answer)
    }

    private func listXComs(_ request: APIRequest) async throws -> Response {
        let run = try await run(request)
        let instance = try await instance(request, of: run)
        let entries = try await store.xcoms(run: run.id, taskID: instance.taskID, mapIndex: instance.mapIndex)
        return .json(
            .page("xcom_entries", entries.map { .object(xcomMembers($0.key, instance, run)) }, total: entries.count))
    }

    private func xcom(_ request: APIRequest) async throws -> Response {
        let run = try await run(request)
        var reader = request.query
        let mapIndex = reader.integer("map_index", atLeast: -1)
        let isWhole = reader.bool("deserialize") ?? false
        // Values are JSON in any case.
        _ = reader.bool("stringify")
        try reader.finish()
        let instance = try await instance(request, mapIndex: mapIndex, of: run)
        let key = try request.path("xcom_key")
        let stored = try await store.storedXCom(
            run: run.id, taskID: instance.taskID, mapIndex: instance.mapIndex, key: key)
        var members = xcomMembers(key, instance, run)
        switch stored {
        case nil: throw APIError.notFound("XCom entry with key: `\(key)` not found")
        case .value(let text)?: members["value"] = JSONValue(stored: text)
        case .large(let large)?:
            members["size"] = .number(large.output.size)
            members["sha256"] = .string(large.output.sha256)
            members["reference"] = .string(large.reference)
            // As Airflow's object storage backend: the address, unless the value is asked for.
            members["value"] = isWhole ? try await value(of: large) : .string(large.reference)
        }
        return .json(.object(members))
    }

    private func value(of large: StoredLargeOutput) async throws -> JSONValue {
        do { return JSONValue(stored: try await store.text(of: large)) } catch let error as StoreError {
            throw APIError(status: .internalServerError, detail: .string("\(error)"))
        }
    }

    private func xcomMembers(_ key: String, _ instance: InstanceRecord, _ run: RunRecord) -> [String: JSONValue] {
        [
            "key": .string(key), "timestamp": .time(instance.endedAt ?? run.queuedAt),
            "logical_date": .time(run.logicalDate),
            "map_index": .number(instance.mapIndex), "task_id": .string(instance.taskID), "dag_id": .string(run.dagID),
            "run_id": .string(run.runID), "dag_display_name": .string(run.dagID),
            "task_display_name": .string(instance.taskID), "run_after": .time(run.runAfter),
        ]
    }
}
