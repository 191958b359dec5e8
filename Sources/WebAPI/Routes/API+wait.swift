internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    /// Streams the run's state, one JSON object a line, until the run has ended: at once, and whenever something changed.
    ///
    /// Airflow's route, which tells `state` (and `results` of the tasks asked for at the end); `tasks` is ours: every task that
    /// changed since the line before.
    func waitForRun(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        reader.require("interval")
        let interval = reader.number("interval", in: 0.05...3_600)
        try reader.finish()
        let run = try await run(request)
        let results = reader.texts("result")
        let pause = Duration.seconds(interval ?? 1)
        return request.stream(type: "application/x-ndjson", pause: pause, RunProgress()) { progress, writer in
            guard let now = try await store.run(id: run.id) else { return true }
            let values = now.state.isFinished ? try await outputs(results, of: now) : nil
            if let line = progress.line(now, try await store.progress(run: run.id), results: values) {
                try await writer.write(ByteBuffer(string: line + "\n"))
            }
            return now.state.isFinished
        }
    }

    private func outputs(_ tasks: [String], of run: RunRecord) async throws -> [String: JSONValue]? {
        guard !tasks.isEmpty else { return nil }
        var outputs: [String: JSONValue] = [:]
        for task in tasks {
            outputs[task] = try await store.output(run: run.id, taskID: task).map(JSONValue.init(stored:)) ?? .null
        }
        return outputs
    }
}

/// What the reader of a stream knows already.
struct RunProgress: Sendable {
    private var state: DAGRunState?
    private var tasks: [String: TaskProgress] = [:]

    /// The next line, or nil when nothing has changed since the last one.
    mutating func line(_ run: RunRecord, _ now: [TaskProgress], results: [String: JSONValue]?) -> String? {
        let changed = now.filter { tasks[$0.taskID] != $0 }
        guard run.state != state || !changed.isEmpty || results != nil else { return nil }
        state = run.state
        for task in changed { tasks[task.taskID] = task }
        var members: [String: JSONValue] = [
            "state": .string(run.state.rawValue), "start_date": .time(run.startedAt), "end_date": .time(run.endedAt),
            "tasks": .array(changed.map(\.answer)),
        ]
        if let results { members["results"] = .object(results) }
        return JSONValue.object(members).compactJSON
    }
}

extension TaskProgress {
    fileprivate var answer: JSONValue {
        .object([
            "task_id": .string(taskID), "try_number": .number(tries), "start_date": .time(startedAt),
            "end_date": .time(endedAt),
            "reason": .text(reason),
            "states": .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .number($0.value)) })),
        ])
    }
}
