import DAGModel
import Foundation
import Store
import Testing

/// Airflow's routes about what people are asked, and events from outside.
@Suite struct InputRouteTests {
    private static let run = "/api/v2/dags/gw_training/dagRuns/r1"
    private static let one = "\(run)/taskInstances/list/-1/hitlDetails"

    /// A run whose first task waits.
    private func bundle(_ wait: Suspension.Wait) async throws -> (APIBundle, run: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        let suspension = Suspension(wait, until: APIBundle.now + .seconds(60))
        try await bundle.setInstance(run, "list", suspension.state)
        try await bundle.setRun(run, .running)
        try await bundle.store.changeRun(run, now: APIBundle.now) { stored in
            stored.instances[0].wait = TaskWait(suspension, number: 1, since: APIBundle.now)
        }
        return (bundle, run)
    }

    private func question(assignees: [String] = []) -> Suspension.Wait {
        .person(
            InputRequest(
                subject: "Publish?", options: ["yes", "no"], params: ["limit": .int(100)], assignees: assignees))
    }

    private func answer(_ option: String, _ params: [String: JSONValue] = [:]) -> JSONValue {
        .object(["chosen_options": .array([.string(option)]), "params_input": .object(params)])
    }

    @Test func `what waits for a person is listed, answered once, and kept`() async throws {
        let (bundle, run) = try await bundle(question())
        let list = try await bundle.get("/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false").json
        #expect(list["total_entries"] == .int(1))
        let detail = list["hitl_details"]?.list.first
        #expect(detail?["subject"] == .string("Publish?"))
        #expect(detail?["response_received"] == .bool(false))
        #expect(detail?["task_instance"]?["state"] == .string("awaiting_input"))
        let done = try await bundle.patch(Self.one, answer("yes", ["limit": .int(5)]))
        #expect(done.status == 200)
        #expect(done.json["chosen_options"] == .array([.string("yes")]))
        let row = try #require(try await bundle.store.instances(run: run).first)
        #expect(row.state == .scheduled)
        guard case .answer(let stored)? = row.wait?.cause else { throw APIFailure() }
        #expect(stored.params == ["limit": .int(5)])
        let again = try await bundle.patch(Self.one, answer("no"))
        #expect(again.status == 409)
        #expect(again.detail.contains("answered yes at"))
        #expect(try await bundle.get(Self.one).json["response_received"] == .bool(true))
        let open = try await bundle.get("\(Self.run)/hitlDetails?response_received=false")
        #expect(open.json["total_entries"] == .int(0))
    }

    @Test func `an answer that does not fit is refused with what fits`() async throws {
        let (bundle, run) = try await bundle(question())
        let wrong = try await bundle.patch(Self.one, answer("maybe", ["limit": .string("many"), "size": .int(1)]))
        #expect(wrong.status == 400)
        #expect(wrong.detail.contains("\"maybe\" is not one of yes, no"))
        #expect(wrong.detail.contains("\"limit\" must be of type integer, is string"))
        #expect(wrong.detail.contains("\"size\" is not asked for; known: limit"))
        #expect(try await bundle.patch(Self.one, .object([:])).status == 422)
        let other = "\(Self.run)/taskInstances/train/-1/hitlDetails"
        try await bundle.setInstance(run, "train", .running)
        #expect(try await bundle.patch(other, answer("yes")).status == 404)
        #expect(try await bundle.get(other).detail.contains("asks nobody"))
        #expect(try await bundle.store.instances(run: run).first?.state == .awaitingInput)
    }

    @Test func `only those who are asked may answer`() async throws {
        let (bundle, run) = try await bundle(question(assignees: ["grace"]))
        let refused = try await bundle.patch(Self.one, answer("yes"))
        #expect(refused.status == 403)
        #expect(refused.detail.contains("it asks grace"))
        #expect(try await bundle.store.instances(run: run).first?.state == .awaitingInput)
    }

    @Test func `an event wakes what waits for it`() async throws {
        let (bundle, run) = try await bundle(.event(key: "job/7"))
        let none = try await bundle.post("/api/v2/events", .object(["key": .string("job/8")]))
        #expect(none.json["woken"] == .array([]))
        let data = JSONValue.object(["state": .string("done")])
        let sent = try await bundle.post("/api/v2/events", .object(["key": .string("job/7"), "data": data]))
        #expect(sent.json["woken"]?.list.map { $0["task_id"] } == [.string("list")])
        #expect(try await bundle.store.instances(run: run).first?.wait?.cause == .event(data))
        #expect(try await bundle.post("/api/v2/events", .object([:])).status == 422)
        let large = JSONValue.string(String(repeating: "x", count: 20_000))
        let refused = try await bundle.post("/api/v2/events", .object(["key": .string("k"), "data": large]))
        #expect(refused.status == 422)
    }
}

private struct APIFailure: Error {}
