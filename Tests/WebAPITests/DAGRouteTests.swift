import DAGModel
import Foundation
import HTTPTypes
import Store
import Testing

@Suite struct DAGRouteTests {
    @Test func `DAGs are listed by id, page by page`() async throws {
        let bundle = try await APIBundle()
        for id in ["c", "a", "b"] { try await bundle.publish(id) }
        let page = try await bundle.get("/api/v2/dags?limit=2&offset=1").json
        #expect(page["total_entries"] == .int(3))
        #expect(page["dags"].map(ids) == ["b", "c"])
        #expect(try await bundle.get("/api/v2/dags?order_by=-dag_id").json["dags"].map(ids) == ["c", "b", "a"])
    }

    @Test func `DAGs are found by tag, pause, part of the id and presence`() async throws {
        let bundle = try await APIBundle()
        for id in ["etl_daily", "gw_training"] { try await bundle.publish(id) }
        _ = try await bundle.store.setPaused("etl_daily", true, now: APIBundle.now)
        func found(_ query: String) async throws -> [String] {
            ids(try await bundle.get("/api/v2/dags?\(query)").json["dags"] ?? .null)
        }
        #expect(try await found("paused=true") == ["etl_daily"])
        #expect(try await found("dag_id_pattern=%25TRAIN%25") == ["gw_training"])
        #expect(try await found("tags=none") == [])
        #expect(try await found("tags=gw&tags=other").count == 2)
        try await bundle.store.retireDAGs(bundle: "dags", keeping: ["gw_training"], now: APIBundle.now)
        #expect(try await found("") == ["gw_training"])
        #expect(try await found("exclude_stale=false").count == 2)
    }

    @Test func `every bad query parameter is told at once`() async throws {
        let bundle = try await APIBundle()
        let answer = try await bundle.get("/api/v2/dags?limit=-1&offset=x&paused=maybe&order_by=secret")
        #expect(answer.status == 422)
        for name in ["limit", "offset", "paused", "order_by"] {
            #expect(answer.detail.contains("\"query\",\"\(name)\""))
        }
    }

    @Test func `details show parameters, the version and the next run`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish(schedule: .cron("0 3 * * *", timezone: "UTC"))
        let dag = try await bundle.get("/api/v2/dags/gw_training/details").json
        #expect(dag["params"]?["epochs"]?["value"] == .int(20))
        #expect(dag["latest_dag_version"]?["version_number"] == .int(1))
        // The newest run that is due at noon of 1 March, without catch-up.
        #expect(dag["next_dagrun_run_after"]?.stringValue == "2026-03-01T03:00:00Z")
        #expect(dag["timetable_summary"]?.stringValue == "0 3 * * *")
    }

    @Test func `an unknown DAG is 404 with a suggestion`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let answer = try await bundle.get("/api/v2/dags/gw_trainin")
        #expect(answer.status == 404)
        #expect(answer.detail == "Dag with id gw_trainin was not found; did you mean gw_training?")
    }

    @Test func `a DAG is paused and unpaused`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        #expect(
            try await bundle.patch("/api/v2/dags/gw_training", .object(["is_paused": .bool(true)])).json["is_paused"]
                == .bool(true))
        #expect(try await bundle.store.dag("gw_training")?.isPaused == true)
        #expect(try await bundle.patch("/api/v2/dags/gw_training", .object(["is_paused": .string("no")])).status == 422)
        #expect(
            try await bundle.patch("/api/v2/dags?dag_id_pattern=gw", .object(["is_paused": .bool(false)])).status == 200
        )
        #expect(try await bundle.store.dag("gw_training")?.isPaused == false)
    }

    @Test func `tasks come with their edges, in order of declaration`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let tasks = try await bundle.get("/api/v2/dags/gw_training/tasks").json["tasks"]
        #expect(tasks?.list.map { $0["task_id"]?.stringValue } == ["list", "train"])
        #expect(tasks?.list.first?["downstream_task_ids"] == .array([.string("train")]))
        #expect(tasks?.list.first?["operator_name"]?.stringValue == "S3List")
        #expect(try await bundle.get("/api/v2/dags/gw_training/tasks/trian").detail.contains("did you mean train?"))
    }

    @Test func `import errors and bundles are listed`() async throws {
        let bundle = try await APIBundle()
        try await bundle.store.saveBundle(
            name: "dags", source: "/srv/dags.git", commit: "c0ffee", error: nil, now: APIBundle.now)
        let error = ImportErrorRecord(
            bundle: "dags", file: "broken.swift", line: 7, column: 3, message: "cannot find 'x' in scope",
            commit: "c0ffee",
            createdAt: APIBundle.now)
        try await bundle.store.saveImportErrors(bundle: "dags", [error])
        let listed = try await bundle.get("/api/v2/importErrors").json["import_errors"]?.list.first
        #expect(listed?["stack_trace"]?.stringValue == "broken.swift:7:3: cannot find 'x' in scope")
        let id = listed?["import_error_id"]?.compactJSON ?? ""
        #expect(try await bundle.get("/api/v2/importErrors/\(id)").json["line"] == .int(7))
        #expect(try await bundle.ask(.post, "/api/v2/dagBundles/dags/sync").status == 202)
        #expect(try await bundle.ask(.post, "/api/v2/dagBundles/dag/sync").detail.contains("did you mean dags?"))
    }

    @Test func `health and the status page answer without a token and name no DAG`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let health = try await bundle.ask(.get, "/health", token: nil).json
        #expect(health["metadatabase"]?["status"]?.stringValue == "healthy")
        #expect(health["scheduler"]?["status"]?.stringValue == "unhealthy")
        let page = try await bundle.ask(.get, "/", token: nil)
        #expect(page.body.contains("No scheduler is running"))
        #expect(!page.body.contains("gw_training"))
        #expect(!page.body.contains("<script"))
        #expect(try await bundle.get("/status").body.contains("gw_training"))
    }

    @Test func `a leader's address is told to workers`() async throws {
        let bundle = try await APIBundle()
        #expect(try await bundle.get("/api/v2/leader").status == 503)
        _ = try await bundle.store.takeLead(from: 0, name: "host/1", address: "tcp:host:8794", lease: 5)
        let leader = try await bundle.get("/api/v2/leader").json
        #expect(leader["address"]?.stringValue == "tcp:host:8794")
        #expect(leader["is_healthy"] == .bool(true))
    }
}

extension JSONValue {
    var list: [JSONValue] {
        if case .array(let list) = self { list } else { [] }
    }
}

func ids(_ dags: JSONValue) -> [String] { dags.list.compactMap { $0["dag_id"]?.stringValue } }
