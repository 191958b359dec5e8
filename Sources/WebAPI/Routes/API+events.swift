internal import DAGModel
internal import Hummingbird
internal import Store

// Events from outside, that tasks wait for. Airflow has no such route: its triggers poll.
extension API {
    var eventRoutes: [Route] { [.post("/api/v2/events") { try await sendEvent($0) }] }

    private static let longestData = 16_384

    private func sendEvent(_ request: APIRequest) async throws -> Response {
        var body = try await request.body(known: ["key", "data"])
        body.require("key")
        let key = body.text("key", longest: Suspension.maximumKey) ?? ""
        if key.isEmpty { body.report("key", "string_too_short", "String should have at least 1 character") }
        let data = body.members["data"] ?? .null
        let size = data.compactJSON.utf8.count
        if size > Self.longestData || data.compactJSON.contains("\\u0000") {
            body.report(
                "data", "value_error",
                "at most \(Self.longestData) bytes of JSON without NUL, are \(size): send an address instead")
        }
        try body.finish()
        let woken = try await store.sendEvent(key, data, now: now())
        let instances = woken.map { run, row in
            JSONValue.object([
                "dag_id": .string(run.dagID), "dag_run_id": .string(run.runID), "task_id": .string(row.taskID),
                "map_index": .number(row.mapIndex),
            ])
        }
        return .json(.object(["key": .string(key), "woken": .array(instances)]))
    }
}
