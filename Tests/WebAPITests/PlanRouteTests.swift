import DAGModel
import Foundation
import Store
import Testing
import WebAPI

/// What deploying a DAG would change.
@Suite struct PlanRouteTests {
    private func plan(
        _ bundle: APIBundle, _ document: DAGDocument?, artifact: String? = nil, dag: String = "gw_training"
    ) async throws -> JSONValue {
        var body: [String: JSONValue] = [:]
        body["document"] = try document.map { try JSONValue(encoding: $0) }
        body["artifact"] = artifact.map(JSONValue.string)
        let answer = try await bundle.post("/api/v2/dags/\(dag)/plan", .object(body))
        #expect(answer.status == 200, "\(answer)")
        return answer.json
    }

    private func deployed(_ schedule: Schedule = .manual) async throws -> (APIBundle, DAGDocument) {
        let bundle = try await APIBundle()
        try await bundle.publish(schedule: schedule)
        return (bundle, try #require(try await bundle.store.overview("gw_training")).version.document)
    }

    @Test func `what is deployed already changes nothing, other code is told apart`() async throws {
        let (bundle, document) = try await deployed()
        #expect(try await plan(bundle, document)["change"] == .string("none"))
        #expect(try await plan(bundle, document, artifact: "artifact-gw_training")["change"] == .string("none"))
        #expect(try await plan(bundle, document, artifact: "other")["change"] == .string("code"))
    }

    @Test func `a changed schedule tells the runs it adds and drops`() async throws {
        let (bundle, old) = try await deployed(.cron("0 0 * * *", timezone: "UTC"))
        var document = old
        document.schedule = .cron("0 */12 * * *", timezone: "UTC")
        let change = try await plan(bundle, document)
        #expect(
            change["changes"]?["fields"]?.list.first
                == .object([
                    "name": .string("schedule"), "old": .string("Cron 0 0 * * *, UTC"),
                    "new": .string("Cron 0 */12 * * *, UTC"),
                ]))
        let schedule = change["schedule"]
        // The day's last tick is due at once, and with the new schedule that is noon's, not midnight's.
        #expect(schedule?["runs_added"] == .int(8))
        #expect(schedule?["runs_dropped"] == .int(1))
        let removed = try await plan(bundle, nil)
        #expect(removed["change"] == .string("remove"))
        #expect(removed["schedule"]?["runs_dropped"] == .int(8))
        #expect(try await bundle.patch("/api/v2/dags/gw_training", .object(["is_paused": .bool(true)])).status == 200)
        #expect(try await plan(bundle, document)["schedule"]?["runs_added"] == .int(0))
    }

    @Test func `a new DAG tells what it names and is not there, and a changed one which runs go on`() async throws {
        let (bundle, old) = try await deployed()
        try await bundle.trigger("gw_training", "r1")
        var document = old
        document.tasks[1].limits.pool = "gpu"
        document.tasks[1].uses = [.connection("minio"), .optional(.variable("stage"))]
        let changed = try await plan(bundle, document)
        #expect(changed["unfinished_runs"]?["dag_run_ids"] == .array([.string("r1")]))
        #expect(changed["missing"]?.list.map { $0["name"] } == [.string("gpu"), .string("minio")])
        #expect(changed["missing"]?.list.map { $0["line"] } == [.int(4), .int(4)])
        document.id = "other"
        #expect(try await plan(bundle, document, dag: "other")["change"] == .string("add"))
    }

    @Test func `what cannot be planned is refused`() async throws {
        let (bundle, document) = try await deployed()
        let path = "/api/v2/dags/other/plan"
        #expect(try await bundle.post(path, .object([:])).status == 404)
        #expect(try await bundle.post(path, .object(["document": try JSONValue(encoding: document)])).status == 422)
        #expect(try await bundle.post(path, .object(["document": .string("no")])).status == 422)
        #expect(try await bundle.post(path, .object(["days": .int(0)])).status == 422)
    }
}
