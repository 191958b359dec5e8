import DAGModel
import Store
import Testing

/// Waits in the database, and what wakes them.
struct WaitTests {
    /// A run whose task was suspended, as a tick writes it.
    private func run(_ bundle: StoreBundle, _ suspension: Suspension) async throws -> RunRecord {
        let version = try await bundle.first.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "", files: "", fingerprint: "",
                document: DAGDocument(id: "dag", tasks: [TaskDocument(id: "task", kind: .author)])),
            now: StoreBundle.now)
        var new = bundle.newRun("run")
        new.versionID = version
        let run = try await bundle.first.createRun(new, now: StoreBundle.now)
        let committer = bundle.committer(try await bundle.lead())
        _ = try await committer.commit(bundle.starting(run))
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        var write = InstanceWrite(
            run: run.id, taskID: "task", mapIndex: -1, from: .queued, state: suspension.state, tryNumber: 1,
            maxTries: 1,
            losses: 0)
        write.queuedAt = StoreBundle.now
        write.wait = TaskWait(suspension, number: 1, since: StoreBundle.now)
        writes.instances = [write]
        for _ in 0..<2 { #expect(try await committer.commit(writes) == [run.id]) }
        #expect(try await bundle.first.instances(run: run.id).first?.wait == write.wait)
        return run
    }

    @Test func `an event wakes what waits for its key, once`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(bundle, Suspension(.event(key: "job/7"), until: nil, saved: "{\"id\":7}"))
        #expect(try await bundle.second.sendEvent("job/8", .int(1), now: StoreBundle.now).isEmpty)
        let woken = try await bundle.second.sendEvent("job/7", .int(1), now: StoreBundle.now)
        #expect(woken.map(\.row.taskID) == ["task"])
        let row = try #require(try await bundle.first.instances(run: run.id).first)
        #expect(row.state == .scheduled)
        #expect(row.wait?.cause == .event(.int(1)))
        #expect(row.wait?.suspension.saved == "{\"id\":7}")
        #expect(try await bundle.first.run(id: run.id)?.revision == 1)
        #expect(try await bundle.second.sendEvent("job/7", .int(2), now: StoreBundle.now).isEmpty)
        #expect(try await bundle.first.instances(run: run.id).first == row)
    }

    @Test func `an event counts that was sent while the attempt ran, and no older one`() async throws {
        for (age, isCounted) in [(-1, true), (1, false)] {
            let bundle = try await StoreBundle()
            _ = try await bundle.second.sendEvent("k", .null, now: StoreBundle.now - .seconds(age))
            _ = try await run(bundle, Suspension(.event(key: "k"), until: nil))
            #expect(try await bundle.second.deliverEvents(now: StoreBundle.now).isEmpty != isCounted)
        }
    }

    @Test func `a question is found while it waits and after it was answered, until it is cleared`() async throws {
        let bundle = try await StoreBundle()
        let request = InputRequest(subject: "Publish?", options: ["yes", "no"])
        let run = try await run(bundle, Suspension(.person(request), until: nil, saved: "1"))
        var open = InputQuery()
        open.isAnswered = false
        #expect(try await bundle.first.inputs(open).map(\.row.taskID) == ["task"])
        #expect(try await bundle.first.inputs(InputQuery(dagID: "other")).isEmpty)
        let answer = InputAnswer(chosen: ["yes"], by: "ada", at: StoreBundle.now)
        try await bundle.second.changeRun(run.id, now: StoreBundle.now) { stored in
            _ = stored.wake { _, _ in .answer(answer) }
            _ = stored.mark([InstanceKey(task: 0)], as: .success, now: StoreBundle.now)
        }
        #expect(try await bundle.first.inputs(open).isEmpty)
        let answered = try #require(try await bundle.first.inputs(InputQuery(dagID: "dag")).first).row
        #expect(answered.wait?.cause == .answer(answer))
        #expect(answered.wait?.suspension.saved == "")
        try await bundle.second.changeRun(run.id, now: StoreBundle.now) { stored in
            _ = stored.clear([InstanceKey(task: 0)], now: StoreBundle.now)
        }
        #expect(try await bundle.first.inputs(InputQuery()).isEmpty)
    }
}
