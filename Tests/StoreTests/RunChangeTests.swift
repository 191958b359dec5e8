import DAGModel
import Postgres
import Store
import Testing

/// What persons change in a run, on a real database.
struct RunChangeTests {
    /// A run of `document` whose instances are in these states; `task[1]` is a mapped one.
    private func run(
        _ bundle: StoreBundle, _ tasks: [TaskDocument], _ states: [(String, Int, TaskState)],
        _ state: DAGRunState = .running
    ) async throws -> RunRecord {
        let version = try await bundle.first.publish(
            NewVersion(
                bundle: "test", file: "dag.swift", commit: "c0ffee", artifact: "", files: "", fingerprint: "",
                document: DAGDocument(id: "dag", tasks: tasks)), now: StoreBundle.now)
        var new = bundle.newRun("run")
        new.versionID = version
        let run = try await bundle.first.createRun(new, now: StoreBundle.now)
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.runStates = [
            RunStateWrite(
                run: run.id, state: state, startedAt: StoreBundle.now, endedAt: state.isFinished ? StoreBundle.now : nil
            )
        ]
        for (place, (task, index, state)) in states.enumerated() {
            var write = InstanceWrite(
                run: run.id, taskID: task, mapIndex: index, from: .none, state: state,
                tryNumber: state == .none ? 0 : 1,
                maxTries: 0, losses: 0)
            if state.isExecuting { (write.attempt, write.token, write.worker) = (Int64(100 + place), [1], "w") }
            if state == .success {
                writes.outputs.append(
                    OutputWrite(run: run.id, taskID: task, mapIndex: index, attempt: Int64(place), value: "\(place)"))
            }
            writes.newInstances.append(write)
        }
        _ = try await bundle.committer(try await bundle.lead()).commit(writes)
        return try #require(try await bundle.first.run(id: run.id))
    }

    private func task(_ id: String, _ upstream: [String] = [], role: TaskRole = .work, retries: Int = 0) -> TaskDocument
    {
        var task = TaskDocument(id: id, kind: .author, upstream: upstream, retries: retries)
        task.role = role
        return task
    }

    private func clear(_ bundle: StoreBundle, _ run: RunRecord, _ selection: InstanceSelection, resetsRun: Bool = true)
        async throws -> [String]
    {
        try await bundle.second.changeRun(run.id, now: StoreBundle.now) { stored in
            stored.clear(stored.plan.instances(chosenBy: selection), resetsRun: resetsRun, now: StoreBundle.now)
        }.map { $0.mapIndex < 0 ? $0.taskID : "\($0.taskID)[\($0.mapIndex)]" }
    }

    private func state(_ bundle: StoreBundle, _ run: RunRecord, _ task: String, _ mapIndex: Int = -1) async throws
        -> TaskState?
    {
        try await bundle.first.instance(run: run.id, taskID: task, mapIndex: mapIndex)?.state
    }

    @Test func `a cleared task and all downstream of it begin again, and the run with them`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle, [task("a", retries: 2), task("b", ["a"]), task("c", ["b"]), task("other")],
            [("a", -1, .success), ("b", -1, .failed), ("c", -1, .upstreamFailed), ("other", -1, .success)], .failed)
        var selection = InstanceSelection(tasks: [.init("a")])
        selection.includeDownstream = true
        #expect(try await clear(bundle, run, selection) == ["a", "b", "c"])
        let row = try #require(try await bundle.first.instance(run: run.id, taskID: "a", mapIndex: -1))
        #expect(row.state == .none && row.tryNumber == 1 && row.maxTries == 3 && row.startedAt == nil)
        #expect(try await state(bundle, run, "other") == .success)
        let now = try #require(try await bundle.first.run(id: run.id))
        #expect(now.state == .queued && now.startedAt == nil && now.endedAt == nil && now.revision == run.revision + 1)
    }

    @Test func `the output of a cleared task stays, but is not handed out, and goes when the task begins again`()
        async throws
    {
        let bundle = try await StoreBundle()
        let run = try await run(bundle, [task("a"), task("b", ["a"])], [("a", -1, .success), ("b", -1, .none)])
        #expect(try await bundle.first.output(run: run.id, taskID: "a") == "0")
        _ = try await clear(bundle, run, InstanceSelection(tasks: [.init("a")]))
        #expect(try await bundle.first.output(run: run.id, taskID: "a") == nil)
        #expect(try await bundle.first.xcom(run: run.id, taskID: "a", mapIndex: -1, key: "return_value") == "0")
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision + 1)]
        writes.instances = [
            InstanceWrite(
                run: run.id, taskID: "a", mapIndex: -1, from: .none, state: .queued, tryNumber: 2, maxTries: 1,
                losses: 0)
        ]
        _ = try await bundle.committer(try await bundle.lead("next")).commit(writes)
        #expect(try await bundle.first.xcom(run: run.id, taskID: "a", mapIndex: -1, key: "return_value") == nil)
    }

    @Test func `only failed or only running ones, single instances, and a run that is not to be reset`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle, [task("a"), task("b", ["a"]), task("c", ["b"])],
            [
                ("a", 0, .failed), ("a", 1, .success), ("a", 2, .failed), ("b", -1, .upstreamFailed),
                ("c", -1, .running),
            ], .failed)
        var one = InstanceSelection(tasks: [.init("a", mapIndexes: [1])])
        #expect(try await clear(bundle, run, one, resetsRun: false) == ["a[1]"])
        #expect(try await bundle.first.run(id: run.id)?.state == .failed)
        one = InstanceSelection()
        one.onlyRunning = true
        #expect(try await clear(bundle, run, one) == ["c"])
        #expect(try await state(bundle, run, "c") == .restarting)
        one = InstanceSelection()
        one.onlyFailed = true
        #expect(try await clear(bundle, run, one) == ["a[0]", "a[2]", "b"])
        #expect(try await clear(bundle, run, InstanceSelection()) == [])
    }

    @Test func `setups and teardowns are cleared with the tasks between them`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle,
            [
                task("up", role: .setup), task("a", ["up"]), task("b", ["a"]),
                task("down", ["up", "b"], role: .teardown(onFailureFailDagrun: false)), task("other"),
            ],
            [
                ("up", -1, .success), ("a", -1, .success), ("b", -1, .failed), ("down", -1, .success),
                ("other", -1, .success),
            ], .failed)
        #expect(try await clear(bundle, run, InstanceSelection(tasks: [.init("b")])) == ["up", "b", "down"])
    }

    @Test func `a mapped task whose list is made anew has as many instances as the new list`() async throws {
        let bundle = try await StoreBundle()
        var each = task("each", ["list"])
        each.inputs = [TaskInput(task: "list", kind: .element)]
        let run = try await run(
            bundle, [task("list"), each], [("list", -1, .success), ("each", 0, .success), ("each", 1, .failed)], .failed
        )
        _ = try await clear(bundle, run, InstanceSelection())
        let rows = try await bundle.first.instances(run: run.id)
        #expect(
            rows.map(\.mapIndex) == [-1, -1] && rows.map(\.tryNumber) == [1, 1] && rows.allSatisfy { $0.state == .none }
        )
    }

    @Test func `nothing is changed in a run that is gone, and nothing when the body throws`() async throws {
        let bundle = try await StoreBundle()
        await #expect(throws: StoreError.runGone(77)) {
            try await bundle.first.changeRun(77, now: StoreBundle.now) { _ in }
        }
        let run = try await run(bundle, [task("a")], [("a", -1, .success)], .success)
        await #expect(throws: StoreError.fenced) {
            try await bundle.first.changeRun(run.id, now: StoreBundle.now) { stored in
                _ = stored.clear(stored.plan.instances(chosenBy: InstanceSelection()), now: StoreBundle.now)
                throw StoreError.fenced
            }
        }
        #expect(try await bundle.first.run(id: run.id) == run)
    }

    private func mark(
        _ bundle: StoreBundle, _ run: RunRecord, _ task: String, _ state: TaskState, now: Instant = StoreBundle.now
    ) async throws -> [String] {
        try await bundle.second.changeRun(run.id, now: now) { stored in
            let keys = stored.plan.instances(chosenBy: InstanceSelection(tasks: [.init(task)]), withSetups: false)
            return stored.mark(keys, as: state, now: now)
        }.map(\.taskID)
    }

    @Test func `what failed downstream of a marked task is cleared, and the run goes on`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle, [task("a"), task("b", ["a"]), task("c", ["b"]), task("d", ["a"])],
            [("a", -1, .failed), ("b", -1, .upstreamFailed), ("c", -1, .upstreamFailed), ("d", -1, .success)], .failed)
        #expect(try await mark(bundle, run, "a", .success) == ["a"])
        #expect(try await bundle.first.instances(run: run.id).map(\.state) == [.success, .none, .none, .success])
        #expect(try await bundle.first.run(id: run.id)?.state == .queued)
        #expect(try await mark(bundle, run, "a", .success) == [])
    }

    @Test func `an instance that had ended is marked, and ended when it did`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(bundle, [task("a"), task("b")], [("a", -1, .running), ("b", -1, .running)])
        #expect(try await mark(bundle, run, "a", .success) == ["a"])
        #expect(try await mark(bundle, run, "a", .failed, now: StoreBundle.now + .seconds(60)) == ["a"])
        let row = try #require(try await bundle.first.instance(run: run.id, taskID: "a", mapIndex: -1))
        #expect(row.state == .failed && row.endedAt == StoreBundle.now)
    }

    @Test func `an attempt that runs when its instance is marked is in the history, and its row forgets it`()
        async throws
    {
        let bundle = try await StoreBundle()
        let run = try await run(bundle, [task("a")], [("a", -1, .running)])
        #expect(try await mark(bundle, run, "a", .skipped) == ["a"])
        let row = try #require(try await bundle.first.instance(run: run.id, taskID: "a", mapIndex: -1))
        #expect(row.state == .skipped && row.attempt == nil && row.token == nil)
        let attempts = try await bundle.first.attempts(run: run.id, taskID: "a", mapIndex: -1)
        #expect(attempts.map(\.id) == [100] && attempts.first?.reason == "marked as skipped by a person")
    }

    @Test func `a marked run ends at once, or when its teardowns have run`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle,
            [
                task("up", role: .setup), task("a", ["up"]),
                task("down", ["up", "a"], role: .teardown(onFailureFailDagrun: false)),
            ],
            [("up", -1, .success), ("a", -1, .running), ("down", -1, .none)])
        try await bundle.second.changeRun(run.id, now: StoreBundle.now) {
            $0.mark(.failed, reason: "x", now: StoreBundle.now)
        }
        let marked = try #require(try await bundle.first.run(id: run.id))
        #expect(marked.state == .running && marked.endsAs == .failed)
        #expect(try await state(bundle, run, "a") == .failed)
        #expect(try await state(bundle, run, "down") == TaskState.none)
    }

    @Test func `a run that is marked before it begins has all its tasks skipped`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(
            bundle, [task("a"), task("b", ["a"], role: .teardown(onFailureFailDagrun: false))], [], .queued)
        try await bundle.second.changeRun(run.id, now: StoreBundle.now) {
            $0.mark(.success, reason: "x", now: StoreBundle.now)
        }
        #expect(try await bundle.first.run(id: run.id)?.state == .success)
        #expect(try await bundle.first.instances(run: run.id).map(\.state) == [.skipped, .skipped])
    }
}
