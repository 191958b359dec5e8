import DAGModel
import Foundation
import Store
import Testing

@Suite struct RunRouteTests {
    private static let path = "/api/v2/dags/gw_training/dagRuns"

    @Test func `a trigger without a logical date gets Airflow's run id and no interval`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.post(
            Self.path, .object(["logical_date": .null, "conf": .object(["epochs": .int(5)])]))
        #expect(run.status == 200)
        let id = run.json["dag_run_id"]?.stringValue ?? ""
        #expect(try #/manual__2026-03-01T12:00:00\+00:00_[A-Za-z0-9]{8}/#.wholeMatch(in: id) != nil)
        #expect(run.json["data_interval_start"] == .null)
        #expect(run.json["conf"] == .object(["epochs": .int(5), "minimumSNR": .double(8.5), "mode": .string("fast")]))
        #expect(run.json["state"]?.stringValue == "queued")
        #expect(run.json["triggered_by"]?.stringValue == "rest_api")
    }

    @Test func `a trigger with a logical date gets the timetable's interval`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish(schedule: .cron("0 3 * * *", timezone: "UTC"))
        let run = try await bundle.post(Self.path, .object(["logical_date": .string("2026-02-01T03:00:00Z")])).json
        #expect(run["dag_run_id"]?.stringValue == "manual__2026-02-01T03:00:00+00:00")
        #expect(run["data_interval_end"]?.stringValue == "2026-02-01T03:00:00Z")
        let again = try await bundle.post(Self.path, .object(["logical_date": .string("2026-02-01T03:00:00Z")]))
        #expect(again.status == 409)
    }

    @Test func `every problem of a trigger is told at once`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let answer = try await bundle.post(
            Self.path,
            .object([
                "conf": .object(["epoch": .int(1), "minimumSNR": .string("loud"), "mode": .string("slow")]),
                "dag_run_id": .string("a b"), "nte": .string("x"), "logical_date": .string("yesterday"),
            ]))
        #expect(answer.status == 422)
        let messages = answer.json["detail"]?.list.compactMap { $0["msg"]?.stringValue } ?? []
        #expect(messages.contains("parameter epoch: unknown; did you mean epochs?"))
        #expect(messages.contains("parameter minimumSNR: must be a number, is the string \"loud\""))
        #expect(messages.contains("parameter mode: must be one of \"fast\", \"full\", is the string \"slow\""))
        #expect(messages.contains("Extra inputs are not permitted; did you mean note?"))
        #expect(messages.count == 6)
        #expect(try await bundle.store.count(RunQuery(dagID: nil, limit: 1)) == 0)
    }

    @Test func `the key logical_date is required, as in Airflow`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        #expect(try await bundle.post(Self.path, .object([:])).detail.contains("Field required"))
    }

    @Test func `runs of one DAG or of all are listed, filtered and sorted`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        try await bundle.publish("other")
        for id in ["r1", "r2", "r3"] { try await bundle.trigger("gw_training", id) }
        let failed = try await bundle.trigger("other", "r4")
        try await bundle.setRun(failed, .failed)
        func found(_ dag: String, _ query: String) async throws -> [String] {
            let page = try await bundle.get("/api/v2/dags/\(dag)/dagRuns?\(query)").json
            return page["dag_runs"]?.list.compactMap { $0["dag_run_id"]?.stringValue } ?? []
        }
        #expect(try await found("gw_training", "order_by=-id&limit=2") == ["r3", "r2"])
        #expect(try await found("~", "state=failed") == ["r4"])
        #expect(try await found("~", "state=failed&state=queued").count == 4)
        #expect(try await found("~", "run_after_gte=2027-01-01T00:00:00Z") == [])
        #expect(try await bundle.get("/api/v2/dags/~/dagRuns?state=faild").detail.contains("did you mean failed?"))
        #expect(try await bundle.get("/api/v2/dags/nope/dagRuns").status == 404)
        #expect(try await bundle.get("/api/v2/dags/~/dagRuns/r4").json["dag_id"]?.stringValue == "other")
    }

    @Test func `a run is cancelled once`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        let path = "\(Self.path)/r1"
        #expect(
            try await bundle.patch(path, .object(["state": .string("failed"), "note": .string("wrong data")])).status
                == 200)
        #expect(try await bundle.store.run(id: run)?.state == .failed)
        #expect(try await bundle.store.instances(run: run).map(\.state) == [.skipped, .skipped])
        #expect(try await bundle.store.run(id: run)?.note == "wrong data")
        #expect(try await bundle.patch(path, .object(["state": .string("failed")])).status == 409)
        #expect(try await bundle.patch(path, .object(["state": .string("running")])).status == 422)
    }

    @Test func `a run id with every allowed character is found again, percent-encoded`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        try await bundle.trigger("gw_training", "a_b.c~d:e+f-G9")
        #expect(try await bundle.get("\(Self.path)/a_b.c~d%3Ae%2Bf-G9").status == 200)
        #expect(try await bundle.get("\(Self.path)/%00").status == 422)
        #expect(try await bundle.get("\(Self.path)/..%2F..%2Fetc").status == 404)
    }
}
