import DAGModel
import Store
import Testing

/// The outbox of callbacks, as people see it.
@Suite struct CallbackRouteTests {
    /// A run with a callback that was given up.
    private func bundle() async throws -> (APIBundle, id: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        let record = try #require(try await bundle.store.run(id: run))
        let leader = try #require(try await bundle.store.leader())
        let epoch = try #require(
            try await bundle.store.takeLead(from: leader.epoch, name: "test", address: "unix:/x", lease: 0))
        var writes = TickWrites()
        writes.runs = [(run, record.revision)]
        writes.runStates = [RunStateWrite(run: run, state: .failed, startedAt: APIBundle.now, endedAt: APIBundle.now)]
        let event = CallbackEvent(
            .failure, dedupeKey: "key", taskID: "train", tryNumber: 2, state: "failed", reason: "it failed", attempt: 7,
            at: APIBundle.now)
        writes.callbacks = [CallbackWrite(run: run, versionID: record.versionID, event: event)]
        _ = try await TickCommitter(pool: bundle.pool, epoch: epoch).commit(writes)
        let id = try #require(try await bundle.store.dueCallbacks(now: APIBundle.now, limit: 1).first).id
        _ = try await bundle.store.claimCallback(id, attempt: 41, token: [1], worker: "w/1", epoch: epoch)
        try await bundle.store.endCallback(id, attempt: 41, .failed(error: "no such channel"), now: APIBundle.now)
        return (bundle, id)
    }

    @Test func `callbacks are listed by run and state, and shown`() async throws {
        let (bundle, id) = try await bundle()
        let list = try await bundle.get("/api/v2/dags/~/dagRuns/~/callbacks?state=failed").json
        #expect(list["total_entries"] == .int(1))
        let one = try await bundle.get("/api/v2/callbacks/\(id)").json
        #expect(list["callbacks"] == .array([one]))
        #expect(one["kind"] == .string("failure") && one["task_id"] == .string("train"))
        #expect(one["dag_run_id"] == .string("r1") && one["event_state"] == .string("failed"))
        #expect(one["error"] == .string("no such channel") && one["calls"] == .int(1))
        let none = try await bundle.get("/api/v2/dags/gw_training/dagRuns/r1/callbacks?state=success").json
        #expect(none["total_entries"] == .int(0))
        #expect(try await bundle.get("/api/v2/dags/gw_training/dagRuns/r2/callbacks").status == 404)
        #expect(try await bundle.get("/api/v2/dags/~/dagRuns/~/callbacks?state=lost").status == 422)
        #expect(try await bundle.get("/api/v2/callbacks/77").status == 404)
        #expect(try await bundle.get("/api/v2/callbacks/x").status == 404)
    }

    @Test func `the deadlines of a run are shown with how they stand`() async throws {
        let bundle = try await APIBundle()
        var document = DAGDocument(id: "due", tasks: [TaskDocument(id: "a")])
        document.deadlines = [
            DeadlineDocument(.dagRunQueuedAt, interval: 900, name: "late"),
            DeadlineDocument(.dagRunQueuedAt, interval: 3_600),
        ]
        _ = try await bundle.store.publish(
            NewVersion(
                bundle: "dags", file: "due.swift", commit: "c", artifact: "a", files: "", fingerprint: "",
                document: document), now: APIBundle.now)
        try await bundle.trigger("due", "r1")
        _ = try await bundle.store.settleDeadlines(now: APIBundle.now + .seconds(1_000))
        let answer = try await bundle.get("/api/v2/dags/due/dagRuns/r1/deadlines").json
        #expect(answer["total_entries"] == .int(2))
        let deadlines = answer["deadlines"]?.list ?? []
        #expect(deadlines.map { $0["missed"] } == [.bool(true), .bool(false)])
        #expect(deadlines.map { $0["state"] } == [.string("missed"), .string("pending")])
        #expect(deadlines.first?["alert_name"] == .string("late"))
        #expect(deadlines.first?["deadline_time"] == .string((APIBundle.now + .seconds(900)).iso8601))
        let id = try #require(deadlines.first?["callback_id"])
        let told = try await bundle.get("/api/v2/callbacks/\(id.compactJSON)").json
        #expect(told["kind"] == .string("deadline") && told["event_state"] == .string("queued"))
    }

    @Test func `what a callback printed can be read`() async throws {
        let (bundle, id) = try await bundle()
        bundle.logs.write("calling\nno such channel\n", attempt: 41, isComplete: true)
        let log = try await bundle.get("/api/v2/callbacks/\(id)/logs").json
        #expect(log["content"]?.list.map { $0["event"]?.stringValue } == ["calling", "no such channel"])
    }

    @Test func `a callback that failed is called again, another one not`() async throws {
        let (bundle, id) = try await bundle()
        let path = "/api/v2/callbacks/\(id)"
        #expect(try await bundle.patch(path, .object(["state": .string("success")])).status == 422)
        #expect(try await bundle.patch(path, .object([:])).status == 422)
        let again = try await bundle.patch(path, .object(["state": .string("pending")]))
        #expect(again.status == 200)
        #expect(again.json["state"] == .string("pending") && again.json["calls"] == .int(0))
        let twice = try await bundle.patch(path, .object(["state": .string("pending")]))
        #expect(twice.status == 409)
        #expect(twice.detail.contains("only one that has failed can be called again"))
    }
}
