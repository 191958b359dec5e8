import DAGModel
import Store
import Testing

/// What a scheduler's tick writes, and when it writes nothing.
struct TickTests {
    @Test func `a tick is written whole, and written again it changes nothing`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let run = try await bundle.run()
        for writes in [bundle.starting(run), bundle.ending(run)] {
            #expect(try await committer.commit(writes) == [run.id])
            let (instances, record) = (
                try await bundle.first.instances(run: run.id), try await bundle.first.run(id: run.id)
            )
            #expect(try await committer.commit(writes) == [run.id])
            #expect(try await bundle.first.instances(run: run.id) == instances)
            #expect(try await bundle.first.run(id: run.id) == record)
        }
        #expect(try await bundle.first.run(id: run.id)?.state == .success)
        #expect(try await bundle.first.instances(run: run.id).map(\.state) == [.success])
        #expect(
            try await bundle.first.attempts(run: run.id, taskID: "task", mapIndex: -1) == bundle.ending(run).attempts)
        #expect(try await bundle.first.output(run: run.id, taskID: "task") == "[1,2]")
    }

    @Test func `a scheduler that another one has replaced writes nothing`() async throws {
        let bundle = try await StoreBundle()
        let old = bundle.committer(try await bundle.lead("old"))
        let new = bundle.committer(try await bundle.lead("new"))
        let run = try await bundle.run()
        await #expect(throws: StoreError.fenced) { try await old.commit(bundle.starting(run)) }
        #expect(try await bundle.first.instances(run: run.id).isEmpty)
        #expect(try await bundle.first.run(id: run.id)?.state == .queued)
        #expect(try await new.commit(bundle.starting(run)) == [run.id])
    }

    @Test func `of two schedulers that tick at once only the leader writes`() async throws {
        let bundle = try await StoreBundle()
        let old = bundle.committer(try await bundle.lead("old"))
        let new = bundle.committer(try await bundle.lead("new"))
        for index in 0..<20 {
            let run = try await bundle.run("run\(index)")
            async let fenced: Set<Int64>? = try? old.commit(bundle.starting(run))
            async let written = new.commit(bundle.starting(run))
            let answers = (await fenced, try await written)
            #expect(answers.0 == nil)
            #expect(answers.1 == [run.id])
        }
    }

    @Test func `a run that somebody changed since it was read is left alone, the others are written`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let (changed, other) = (try await bundle.run("changed"), try await bundle.run("other"))
        var writes = bundle.starting(changed)
        let more = bundle.starting(other)
        writes.runs += more.runs
        writes.newInstances += more.newInstances
        writes.runStates += more.runStates
        #expect(try await bundle.second.requestCancel(dagID: "dag", runID: "changed"))
        #expect(try await committer.commit(writes) == [other.id])
        #expect(try await bundle.first.instances(run: changed.id).isEmpty)
        let record = try await bundle.first.run(id: changed.id)
        #expect(
            record?.state == .queued && record?.isCancelRequested == true && record?.revision == changed.revision + 1)
        #expect(try await bundle.first.instances(run: other.id).count == 1)
    }

    @Test func `every part of a tick leaves a changed run alone`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let run = try await bundle.run()
        _ = try await committer.commit(bundle.starting(run))
        #expect(try await bundle.second.requestCancel(dagID: "dag", runID: "run"))
        #expect(try await committer.commit(bundle.ending(run)).isEmpty)
        #expect(try await bundle.first.instances(run: run.id).map(\.state) == [.queued])
        #expect(try await bundle.first.attempts(run: run.id, taskID: "task", mapIndex: -1).isEmpty)
        #expect(try await bundle.first.output(run: run.id, taskID: "task") == nil)
        #expect(try await bundle.first.run(id: run.id)?.state == .running)
    }

    @Test func `a user's change during a tick comes before it or after it, never within`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        for index in 0..<30 {
            let run = try await bundle.run("run\(index)")
            async let written = committer.commit(bundle.starting(run))
            async let cancelled = bundle.second.requestCancel(dagID: "dag", runID: "run\(index)")
            let (runs, _) = (try await written, try await cancelled)
            let state = try await bundle.first.run(id: run.id)?.state
            let instances = try await bundle.first.instances(run: run.id)
            #expect(state == (runs.isEmpty ? .queued : .running))
            #expect(instances.count == runs.count)
        }
    }

    @Test func `the instances of a mapped task take the place of the one that stood for them`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let run = try await bundle.run()
        _ = try await committer.commit(bundle.starting(run))
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.expandedTasks = [(run.id, "task")]
        writes.newInstances = (0..<3).map {
            InstanceWrite(
                run: run.id, taskID: "task", mapIndex: $0, from: .none, state: .scheduled, tryNumber: 1, maxTries: 1,
                losses: 0)
        }
        for _ in 0..<2 {
            #expect(try await committer.commit(writes) == [run.id])
            #expect(try await bundle.first.instances(run: run.id).map(\.mapIndex) == [0, 1, 2])
        }
    }

    @Test func `a row in a state that the scheduler does not know stops the tick, and nothing of it is written`()
        async throws
    {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let (run, other) = (try await bundle.run("run"), try await bundle.run("other"))
        for run in [run, other] { _ = try await committer.commit(bundle.starting(run)) }
        var writes = bundle.ending(run)
        writes.instances[0].from = .running
        let more = bundle.ending(other)
        writes.runs += more.runs
        writes.instances += more.instances
        writes.runStates += more.runStates
        await #expect(
            throws: StoreError.rowMismatch(
                run: run.id, "task instance task (map index -1) is queued, and was to go from running to success")
        ) { try await committer.commit(writes) }
        for run in [run, other] {
            #expect(try await bundle.first.instances(run: run.id).map(\.state) == [.queued])
            #expect(try await bundle.first.run(id: run.id)?.state == .running)
        }
        writes.leaveOut(run.id)
        #expect(try await committer.commit(writes) == [other.id])
        #expect(try await bundle.first.run(id: other.id)?.state == .success)
    }

    @Test func `a DAG is paused, with the reason, when enough of its newest runs have failed`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        _ = try await bundle.first.publish(
            NewVersion(
                bundle: "b", file: "f.swift", commit: "c", artifact: "a", files: "", fingerprint: "f",
                document: DAGDocument(id: "dag", tasks: [TaskDocument(id: "t")])), now: StoreBundle.now)
        func end(_ runID: String, _ state: DAGRunState) async throws -> DAGRecord? {
            let run = try await bundle.run(runID)
            _ = try await committer.commit(bundle.starting(run))
            var writes = bundle.ending(run)
            writes.runStates[0].state = state
            if state == .failed {
                writes.failures = [
                    FailedRunWrite(run: run.id, dagID: "dag", limit: 2, at: StoreBundle.now, reason: "\(runID) failed")
                ]
            }
            writes.attempts = []
            for _ in 0..<2 { #expect(try await committer.commit(writes) == [run.id]) }
            return try await bundle.first.dag("dag")
        }
        #expect(try await end("1", .failed)?.isPaused == false)
        #expect(try await end("2", .success)?.isPaused == false)
        #expect(try await end("3", .failed)?.isPaused == false)
        let dag = try await end("4", .failed)
        #expect(dag?.isPaused == true)
        #expect(dag?.pauseReason == "4 failed")
        #expect(try await bundle.second.setPaused("dag", false, now: StoreBundle.now))
        #expect(try await bundle.first.dag("dag")?.pauseReason == nil)
    }
}
