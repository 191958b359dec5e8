import DAGModel
import HTTPTypes
import Store
import Testing
import WebAPI

@Suite struct AssetRouteTests {
    private let raw = Asset("s3://raw/strain")
    private let model = Asset("detector", uri: "s3://models/gw", group: "models", extra: ["owner": .string("ada")])

    /// A DAG that makes both assets, and one that waits for both.
    private func bundle() async throws -> APIBundle {
        let bundle = try await APIBundle()
        try await publish("producer", outlets: [raw, model], bundle)
        try await publish("consumer", .assets(when: raw && model), inlets: [raw], bundle)
        return bundle
    }

    private func publish(
        _ id: String, _ schedule: Schedule = .manual, outlets: [Asset] = [], inlets: [Asset] = [], _ bundle: APIBundle
    ) async throws {
        var task = TaskDocument(id: "make", kind: .author)
        task.outlets = outlets
        task.inlets = inlets
        let document = DAGDocument(id: id, schedule: schedule, tasks: [task])
        _ = try await bundle.store.publish(
            NewVersion(
                bundle: "dags", file: "\(id).swift", commit: "c0ffee", artifact: "artifact-\(id)", files: "",
                fingerprint: "f", document: document),
            now: APIBundle.now)
    }

    private func id(_ name: String, _ bundle: APIBundle) async throws -> Int64 {
        let assets = try await bundle.get("/api/v2/assets").json["assets"]
        guard case .array(let list)? = assets,
            case .int(let id)? = list.first(where: { $0["name"] == .string(name) })?["id"]
        else { return -1 }
        return id
    }

    private func emit(_ name: String, _ extra: [String: JSONValue] = [:], _ bundle: APIBundle) async throws -> Answer {
        try await bundle.post(
            "/api/v2/assets/events", .object(["asset_id": .int(try await id(name, bundle)), "extra": .object(extra)]))
    }

    @Test func `assets are listed, found and told in Airflow's form`() async throws {
        let bundle = try await bundle()
        let list = try await bundle.get("/api/v2/assets?order_by=-name").json
        #expect(list["total_entries"] == .int(2))
        guard case .array(let assets)? = list["assets"] else { throw Missing() }
        #expect(assets.map { $0["name"] } == [.string("s3://raw/strain"), .string("detector")])
        let reference: [String: JSONValue] = [
            "created_at": .string("2026-03-01T12:00:00Z"), "updated_at": .string("2026-03-01T12:00:00Z"),
        ]
        let one = try await bundle.get("/api/v2/assets/\(try await id("detector", bundle))").json
        #expect(
            one
                == .object([
                    "aliases": .array([]), "watchers": .array([]), "consuming_tasks": .array([]),
                    "group": .string("models"),
                    "created_at": .string("2026-03-01T12:00:00Z"), "updated_at": .string("2026-03-01T12:00:00Z"),
                    "extra": .object(["owner": .string("ada")]), "id": .int(try await id("detector", bundle)),
                    "last_asset_event": .object(["id": .null, "timestamp": .null]), "name": .string("detector"),
                    "uri": .string("s3://models/gw"),
                    "producing_tasks": .array([
                        .object(reference.merging(["dag_id": .string("producer"), "task_id": .string("make")]) { $1 })
                    ]),
                    "scheduled_dags": .array([.object(reference.merging(["dag_id": .string("consumer")]) { $1 })]),
                ]))
        for (query, count) in [
            ("name_pattern=DETEC", 1), ("uri_pattern=%25gw%25", 1), ("dag_ids=consumer", 2), ("dag_ids=nothing", 0),
            ("limit=1", 2),
        ] {
            #expect(
                try await bundle.get("/api/v2/assets?\(query)").json["total_entries"] == .int(Int64(count)), "\(query)")
        }
        #expect(try await bundle.get("/api/v2/assets/aliases").json["total_entries"] == .int(0))
        #expect(try await bundle.get("/api/v2/assets/99").detail == "The Asset with ID: `99` was not found")
        #expect(try await bundle.get("/api/v2/assets/detector").status == 422)
        #expect(try await bundle.get("/api/v2/assets?order_by=size").detail.contains("use id, name, uri"))
    }

    @Test func `an update that somebody tells of is an event, waits, and can be taken back`() async throws {
        let bundle = try await bundle()
        let answer = try await emit("detector", ["auc": .double(0.9), "api_key": .string("hidden")], bundle)
        #expect(answer.status == 200)
        #expect(
            answer.json["extra"]
                == .object(["auc": .double(0.9), "api_key": .string("***"), "from_rest_api": .bool(true)]))
        #expect(answer.json["source_dag_id"] == .null && answer.json["name"] == .string("detector"))
        let asset = try await id("detector", bundle)
        #expect(try await bundle.get("/api/v2/assets/\(asset)").json["last_asset_event"]?["id"] == answer.json["id"])
        let paths = [
            "/api/v2/dags/consumer/assets/queuedEvents", "/api/v2/assets/\(asset)/queuedEvents",
            "/api/v2/dags/~/assets/queuedEvents",
        ]
        for path in paths {
            let queue = try await bundle.get(path).json
            #expect(queue["total_entries"] == .int(1), "\(path)")
            guard case .array(let entries)? = queue["queued_events"] else { throw Missing() }
            #expect(entries.first?["dag_id"] == .string("consumer") && entries.first?["asset_id"] == .int(asset))
        }
        let both = "/api/v2/dags/consumer/assets/\(asset)/queuedEvents"
        #expect(try await bundle.get(both).json["dag_id"] == .string("consumer"))
        #expect(try await bundle.ask(.delete, "\(both)?before=2020-01-01T00:00:00Z").status == 404)
        #expect(try await bundle.ask(.delete, both).status == 204)
        #expect(try await bundle.ask(.delete, both).status == 404)
        #expect(try await bundle.get(both).status == 404)
        #expect(
            try await bundle.get("/api/v2/dags/consumr/assets/queuedEvents").detail.contains("did you mean consumer?"))
        let events = "/api/v2/assets/events"
        for (query, count) in [
            ("", 1), ("?asset_id=\(asset)", 1), ("?source_dag_id=x", 0), ("?timestamp_gte=2027-01-01T00:00:00Z", 0),
        ] {
            #expect(try await bundle.get(events + query).json["total_entries"] == .int(Int64(count)), "\(query)")
        }
    }

    @Test func `a run tells the updates that it was made from, and they tell the run`() async throws {
        let bundle = try await bundle()
        _ = try await emit("detector", [:], bundle)
        _ = try await emit("s3://raw/strain", [:], bundle)
        let dag = try #require(try await bundle.store.dag("consumer"))
        let version = try #require(try await bundle.store.version(dag.versionID))
        let run = try #require(try await bundle.store.createAssetRun(version, now: APIBundle.now))
        let path = "/api/v2/dags/consumer/dagRuns/\(run.runID.replacing("+", with: "%2B"))"
        let answer = try await bundle.get(path).json
        #expect(answer["run_type"] == .string("asset_triggered") && answer["triggered_by"] == .string("asset"))
        let upstream = try await bundle.get("\(path)/upstreamAssetEvents").json
        guard case .array(let events)? = upstream["asset_events"] else { throw Missing() }
        #expect(events.map { $0["name"] } == [.string("detector"), .string("s3://raw/strain")])
        guard case .array(let first)? = events[0]["created_dagruns"],
            case .array(let second)? = events[1]["created_dagruns"]
        else { throw Missing() }
        #expect(first.map { $0["run_id"] } == [.string(run.runID)] && first[0]["triggering"] == .bool(false))
        #expect(second[0]["triggering"] == .bool(true) && second[0]["state"] == .string("queued"))
        let manual = try await bundle.trigger("producer", "r1")
        #expect(manual > 0)
        #expect(
            try await bundle.get("/api/v2/dags/producer/dagRuns/r1/upstreamAssetEvents").json["total_entries"]
                == .int(0))
    }

    @Test func `an asset is materialized by the one DAG that updates it`() async throws {
        let bundle = try await bundle()
        let path = "/api/v2/assets/\(try await id("detector", bundle))/materialize"
        let run = try await bundle.ask(.post, path)
        #expect(run.status == 200, "\(run.body)")
        #expect(run.json["dag_id"] == .string("producer") && run.json["run_type"] == .string("asset_materialization"))
        #expect(
            run.json["dag_run_id"]?.stringValue?.hasPrefix("asset_materialization__2026-03-01T12:00:00+00:00_") == true)
        #expect(
            try await bundle.post(path, .object(["dag_run_id": .string("mine"), "note": .string("n")])).json["note"]
                == .string("n"))
        try await publish("second", outlets: [model], bundle)
        let two = try await bundle.ask(.post, path)
        #expect(two.status == 409 && two.detail.hasSuffix("trigger one of producer, second"))
        try await publish("loner", .assets(when: Asset("orphan").assetCondition), bundle)
        let none = try await bundle.ask(.post, "/api/v2/assets/\(try await id("orphan", bundle))/materialize")
        #expect(none.status == 404 && none.detail.contains("No DAG materializes asset"))
    }

    @Test func `the DAG tells which assets it waits for, and cannot be backfilled`() async throws {
        let bundle = try await bundle()
        let details = try await bundle.get("/api/v2/dags/consumer/details").json
        let asset = { (asset: Asset) in
            JSONValue.object([
                "asset": .object([
                    "name": .string(asset.name), "uri": .string(asset.uri), "group": .string(asset.group),
                ])
            ])
        }
        #expect(details["asset_expression"] == .object(["all": .array([asset(raw), asset(model)])]))
        #expect(details["timetable_summary"] == .string("Asset"))
        #expect(details["timetable_description"] == .string("Triggered by assets: s3://raw/strain && detector"))
        #expect(details["is_backfillable"] == .bool(false) && details["next_dagrun_run_after"] == .null)
        try await publish("both", .assetsOrTime(.asset(raw), .cron("@daily", timezone: "UTC")), bundle)
        let both = try await bundle.get("/api/v2/dags/both/details").json
        #expect(both["timetable_summary"] == .string("Asset or @daily") && both["is_backfillable"] == .bool(true))
        #expect(both["next_dagrun_run_after"] == .string("2026-03-02T00:00:00Z"))
    }

    @Test func `what is wrong with an event is told all at once`() async throws {
        let bundle = try await bundle()
        let unknown = try await bundle.post("/api/v2/assets/events", .object(["asset_id": .int(99)]))
        #expect(unknown.status == 404 && unknown.detail == "The Asset with ID: `99` was not found")
        let wrong = try await bundle.post(
            "/api/v2/assets/events",
            .object(["asset_id": .string("x"), "extra": .array([]), "partition_key": .string("p"), "more": .null]))
        #expect(wrong.status == 422)
        for name in ["asset_id", "extra", "partition_key", "more"] {
            #expect(wrong.body.contains("\"\(name)\""), "\(name)")
        }
        let large = try await bundle.post(
            "/api/v2/assets/events",
            .object(["asset_id": .int(1), "extra": .object(["a": .string(String(repeating: "x", count: 20_000))])]))
        #expect(large.status == 422 && large.body.contains("send an address instead"))
    }
}

private struct Missing: Error {}
