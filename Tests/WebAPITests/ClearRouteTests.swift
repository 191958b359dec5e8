import DAGModel
import Foundation
import Postgres
import Store
import Testing

@Suite struct ClearRouteTests {
    private static let path = "/api/v2/dags/gw_training/clearTaskInstances"

    private func bundle() async throws -> (APIBundle, run: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        try await bundle.setInstance(run, "list", .success)
        try await bundle.setInstance(run, "train", .failed)
        try await bundle.setRun(run, .failed)
        return (bundle, run)
    }

    private func names(_ answer: Answer) -> [String] {
        answer.json["task_instances"]?.list.compactMap { $0["task_id"]?.stringValue } ?? []
    }

    @Test func `clearing is a dry run of what failed unless the request says otherwise`() async throws {
        let (bundle, run) = try await bundle()
        let dry = try await bundle.post(Self.path, .object(["dag_run_id": .string("r1")]))
        #expect(names(dry) == ["train"])
        #expect(dry.json["task_instances"]?.list.first?["state"]?.stringValue == "failed")
        #expect(try await bundle.store.run(id: run)?.state == .failed)
        let done = try await bundle.post(
            Self.path, .object(["dag_run_id": .string("r1"), "dry_run": .bool(false), "only_failed": .bool(false)]))
        #expect(names(done) == ["list", "train"])
        #expect(done.json["task_instances"]?.list.last?["state"] == .null)
        #expect(done.json["task_instances"]?.list.last?["max_tries"] == .int(3))
        #expect(try await bundle.store.run(id: run)?.state == .queued)
    }

    @Test func `tasks are chosen by id, with what is downstream, or by map index`() async throws {
        let (bundle, run) = try await bundle()
        var body: [String: JSONValue] = [
            "dag_run_id": .string("r1"), "only_failed": .bool(false), "task_ids": .array([.string("list")]),
        ]
        #expect(names(try await bundle.post(Self.path, .object(body))) == ["list"])
        body["include_downstream"] = .bool(true)
        #expect(names(try await bundle.post(Self.path, .object(body))) == ["list", "train"])
        try await bundle.pool.query("DELETE FROM task_instance WHERE run = \(run) AND task_id = 'train'")
        for index in 0..<3 { try await bundle.setInstance(run, "train", .failed, mapIndex: index) }
        body["task_ids"] = .array([.array([.string("train"), .int(2)])])
        let answer = try await bundle.post(Self.path, .object(body))
        #expect(answer.json["task_instances"]?.list.map { $0["map_index"] } == [.int(2)])
    }

    @Test func `what cannot be cleared is told with what to do`() async throws {
        let (bundle, run) = try await bundle()
        func detail(_ body: [String: JSONValue]) async throws -> String {
            try await bundle.post(Self.path, .object(body)).detail
        }
        #expect(try await detail(["dag_run_id": .string("r2")]).contains("was not found"))
        let unknown: [String: JSONValue] = ["dag_run_id": .string("r1"), "task_ids": .array([.string("trian")])]
        #expect(try await detail(unknown).contains("did you mean train?"))
        #expect(try await detail(["include_past": .bool(true)]).contains("dag_run_id is required"))
        #expect(
            try await detail(["dag_run_id": .string("r1"), "include_past": .bool(true)]).contains("no logical date"))
        #expect(try await detail(["task_ids": .array([.int(3)])]).contains("a list of a task id and a map index"))
        try await bundle.setInstance(run, "train", .running, attempt: 9)
        let spared = try await bundle.post(
            Self.path,
            .object(["dag_run_id": .string("r1"), "only_failed": .bool(false), "prevent_running_task": .bool(true)]))
        #expect(spared.status == 409 && spared.detail.contains("train"))
    }

    @Test func `a whole run is cleared`() async throws {
        let (bundle, run) = try await bundle()
        let path = "/api/v2/dags/gw_training/dagRuns/r1/clear"
        #expect(names(try await bundle.post(path, .object([:]))) == ["list", "train"])
        #expect(names(try await bundle.post(path, .object(["only_failed": .bool(true)]))) == ["train"])
        let answer = try await bundle.post(path, .object(["dry_run": .bool(false), "note": .string("again")]))
        #expect(answer.json["state"]?.stringValue == "queued" && answer.json["note"]?.stringValue == "again")
        #expect(try await bundle.store.instances(run: run).allSatisfy { $0.state == .none })
    }

    @Test func `earlier and later runs are cleared with one`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish(schedule: .cron("0 3 * * *", timezone: "UTC"))
        for day in 1...4 {
            let body: JSONValue = .object([
                "logical_date": .string("2026-02-0\(day)T03:00:00Z"), "dag_run_id": .string("d\(day)"),
            ])
            _ = try await bundle.post("/api/v2/dags/gw_training/dagRuns", body)
            let run = try #require(try await bundle.store.run(dagID: "gw_training", runID: "d\(day)"))
            try await bundle.setInstance(run.id, "list", .failed)
        }
        func runs(_ members: [String: JSONValue]) async throws -> [String] {
            let answer = try await bundle.post(Self.path, .object(members))
            return answer.json["task_instances"]?.list.compactMap { $0["dag_run_id"]?.stringValue } ?? []
        }
        #expect(try await runs(["dag_run_id": .string("d2")]) == ["d2"])
        #expect(try await runs(["dag_run_id": .string("d2"), "include_past": .bool(true)]) == ["d1", "d2"])
        #expect(try await runs(["dag_run_id": .string("d2"), "include_future": .bool(true)]) == ["d2", "d3", "d4"])
        let dates: [String: JSONValue] = [
            "start_date": .string("2026-02-02T00:00:00Z"), "end_date": .string("2026-02-03T12:00:00Z"),
        ]
        #expect(try await runs(dates) == ["d2", "d3"])
        #expect(try await runs([:]).count == 4)
    }
}
