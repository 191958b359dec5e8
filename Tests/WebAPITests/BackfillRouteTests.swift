import DAGModel
import Foundation
import HTTPTypes
import Postgres
import Store
import Testing

@Suite struct BackfillRouteTests {
    private static let path = "/api/v2/backfills"

    private func bundle(_ schedule: Schedule = .cron("0 3 * * *", timezone: "UTC")) async throws -> APIBundle {
        let bundle = try await APIBundle()
        try await bundle.publish(schedule: schedule)
        return bundle
    }

    private func body(_ more: [String: JSONValue] = [:], from: String = "2026-02-01", to: String = "2026-02-04")
        -> JSONValue
    {
        .object(
            [
                "dag_id": .string("gw_training"), "from_date": .string("\(from)T00:00:00Z"),
                "to_date": .string("\(to)T00:00:00Z"),
            ].merging(more) { $1 })
    }

    private func put(_ bundle: APIBundle, _ path: String) async throws -> Answer {
        try await bundle.ask(.put, "\(Self.path)/\(path)")
    }

    @Test func `a backfill is created in Airflow's shape, with a plan`() async throws {
        let bundle = try await bundle()
        let answer = try await bundle.post(
            Self.path, body(["dag_run_conf": .object(["epochs": .int(3)]), "max_active_runs": .int(2)]))
        #expect(answer.status == 200, "\(answer.body)")
        guard case .object(var members) = answer.json else { return }
        let plan = members.removeValue(forKey: "plan")
        for name in ["progress", "is_cancelled", "run_backwards", "selected_task_ids"] {
            #expect(members.removeValue(forKey: name) != nil)
        }
        #expect(
            members == [
                "id": .int(1), "dag_id": .string("gw_training"), "dag_display_name": .string("gw_training"),
                "from_date": .string("2026-02-01T00:00:00Z"), "to_date": .string("2026-02-04T00:00:00Z"),
                "dag_run_conf": .object(["epochs": .int(3)]), "is_paused": .bool(false),
                "reprocess_behavior": .string("none"), "max_active_runs": .int(2),
                "created_at": .string("2026-03-01T12:00:00Z"), "updated_at": .string("2026-03-01T12:00:00Z"),
                "completed_at": .null,
            ])
        #expect(plan?["created"] == .int(3) && plan?["task_instances"] == .int(6))
        #expect(plan?["pools"]?.list.first?["slots_at_once"] == .int(2))
        let read = try await bundle.get("\(Self.path)/1").json
        #expect(read["progress"]?["waiting"] == .int(3))
        let list = try await bundle.get("\(Self.path)?dag_id=gw_training&order_by=-id").json
        #expect(list["total_entries"] == .int(1) && list["backfills"]?.list.first?["id"] == .int(1))
        let dates = try await bundle.get("\(Self.path)/1/dag_runs?limit=2").json
        #expect(dates["total_entries"] == .int(3) && dates["backfill_dag_runs"]?.list.count == 2)
        #expect(dates["backfill_dag_runs"]?.list.first?["logical_date"] == .string("2026-02-01T03:00:00Z"))
    }

    @Test func `a dry run lists what would be created and cleared, and creates nothing`() async throws {
        let bundle = try await bundle()
        for (day, state) in [(1, DAGRunState.failed), (2, .success), (3, .running)] {
            _ = try await bundle.post(
                "/api/v2/dags/gw_training/dagRuns",
                .object([
                    "logical_date": .string("2026-02-0\(day)T03:00:00Z"), "dag_run_id": .string("d\(day)"),
                ]))
            try await bundle.setRun(
                try #require(try await bundle.store.run(dagID: "gw_training", runID: "d\(day)")).id, state)
        }
        func dryRun(_ behavior: String) async throws -> [String] {
            let answer = try await bundle.post(
                "\(Self.path)/dry_run", body(["reprocess_behavior": .string(behavior)], to: "2026-02-05"))
            return answer.json["backfills"]?.list.map {
                "\($0["logical_date"]?.stringValue?.prefix(10) ?? "") \($0["action"]?.stringValue ?? "")"
            } ?? []
        }
        #expect(try await dryRun("none") == ["2026-02-04 create"])
        #expect(try await dryRun("failed") == ["2026-02-01 clear", "2026-02-04 create"])
        #expect(try await dryRun("completed") == ["2026-02-01 clear", "2026-02-02 clear", "2026-02-04 create"])
        #expect(try await bundle.get("\(Self.path)?dag_id=gw_training").json["total_entries"] == .int(0))
    }

    @Test func `a backfill is paused, unpaused and cancelled, and then stays as it is`() async throws {
        let bundle = try await bundle()
        _ = try await bundle.post(Self.path, body())
        #expect(try await put(bundle, "1/pause").json["is_paused"] == .bool(true))
        #expect(try await put(bundle, "1/unpause").json["is_paused"] == .bool(false))
        let cancelled = try await put(bundle, "1/cancel").json
        #expect(
            cancelled["completed_at"] == .string("2026-03-01T12:00:00Z") && cancelled["is_cancelled"] == .bool(true))
        #expect(cancelled["progress"]?["skipped"] == .int(3))
        for verb in ["pause", "unpause", "cancel"] {
            let answer = try await put(bundle, "1/\(verb)")
            #expect(answer.status == 409 && answer.detail == "Backfill is already completed.")
        }
        #expect(try await put(bundle, "7/pause").detail == "Could not find backfill with id 7")
        #expect(try await put(bundle, "x/pause").status == 422)
        #expect(try await bundle.get("\(Self.path)/7").status == 404)
    }

    @Test func `backfills in disjoint ranges run at once, overlapping ones are refused`() async throws {
        let bundle = try await bundle()
        #expect(try await bundle.post(Self.path, body()).status == 200)
        for path in [Self.path, "\(Self.path)/dry_run"] {
            let overlap = try await bundle.post(path, body(from: "2026-02-03", to: "2026-02-06"))
            #expect(overlap.status == 409)
            #expect(overlap.detail.contains("backfill 1, from 2026-02-01T00:00:00Z to 2026-02-04T00:00:00Z"))
        }
        #expect(try await bundle.post(Self.path, body(from: "2026-02-05", to: "2026-02-06")).status == 200)
        _ = try await put(bundle, "1/cancel")
        #expect(try await bundle.post(Self.path, body()).status == 200)
    }

    @Test func `what cannot be is refused with the field and what to do`() async throws {
        let bundle = try await bundle()
        func detail(_ body: JSONValue, _ status: Int = 422) async throws -> String {
            let answer = try await bundle.post("\(Self.path)/dry_run", body)
            #expect(answer.status == status, "\(answer.body)")
            return answer.detail
        }
        #expect(try await detail(.object([:])).contains("\"from_date\""))
        #expect(try await detail(body(["dag_id": .string("gw_trainin")]), 404).contains("did you mean gw_training?"))
        #expect(try await detail(body(["reprocess_behavior": .string("fail")])).contains("did you mean failed?"))
        #expect(try await detail(body(["max_active_runs": .int(0)])).contains("at least 1"))
        #expect(try await detail(body(["max_active_runs": .null])).contains("at least 1"))
        #expect(try await detail(body(["run_backward": .bool(true)])).contains("did you mean run_backwards?"))
        #expect(try await detail(body(from: "2026-02-04", to: "2026-02-01")).contains("lies after to_date"))
        #expect(try await detail(body(from: "2027-02-01", to: "2027-02-04")).contains("in the future"))
        #expect(try await detail(body(from: "2026-02-01", to: "2026-02-01")).contains("has no date from"))
        #expect(
            try await detail(body(["dag_run_conf": .object(["epochs": .string("many")])]))
                .contains("parameter epochs: must be a whole number"))
        #expect(try await detail(body(["task_ids": .array([.string("trian")])])).contains("did you mean train?"))
        #expect(try await detail(body(["task_ids": .array([])])).contains("at least one task"))
        let manual = try await self.bundle(.manual)
        let answer = try await manual.post(Self.path, body())
        #expect(answer.status == 422 && answer.detail.contains("has no schedule of dates"))
    }

    @Test func `a backfill with nothing to do is complete at once`() async throws {
        let bundle = try await bundle()
        _ = try await bundle.post(
            "/api/v2/dags/gw_training/dagRuns",
            .object(["logical_date": .string("2026-02-01T03:00:00Z"), "dag_run_id": .string("there")]))
        let answer = try await bundle.post(Self.path, body(to: "2026-02-02"))
        #expect(answer.status == 200 && answer.json["completed_at"] != .null)
        #expect(answer.json["plan"]?["in_flight"] == .int(1))
    }

    @Test func `the next runs of a DAG are listed`() async throws {
        let bundle = try await bundle(.cronIntervals("@daily", timezone: "UTC"))
        let answer = try await bundle.get("/api/v2/dags/gw_training/nextRuns?limit=2").json
        #expect(
            answer["next_runs"]?.list == [
                .object([
                    "logical_date": .string("2026-02-28T00:00:00Z"), "run_after": .string("2026-03-01T00:00:00Z"),
                    "data_interval_start": .string("2026-02-28T00:00:00Z"),
                    "data_interval_end": .string("2026-03-01T00:00:00Z"),
                ]),
                .object([
                    "logical_date": .string("2026-03-01T00:00:00Z"), "run_after": .string("2026-03-02T00:00:00Z"),
                    "data_interval_start": .string("2026-03-01T00:00:00Z"),
                    "data_interval_end": .string("2026-03-02T00:00:00Z"),
                ]),
            ])
        let manual = try await self.bundle(.manual)
        #expect(try await manual.get("/api/v2/dags/gw_training/nextRuns").json["total_entries"] == .int(0))
        #expect(try await bundle.get("/api/v2/dags/none/nextRuns").status == 404)
    }
}
