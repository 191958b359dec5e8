import DAGModel
import Postgres
import Store
import Testing

/// Deadlines: written with the run, settled once.
struct DeadlineTableTests {
    private let now = StoreBundle.now

    private func publish(_ bundle: StoreBundle, _ deadlines: [DeadlineDocument]) async throws -> Int64 {
        var document = DAGDocument(id: "dag", tasks: [TaskDocument(id: "task")])
        document.deadlines = deadlines
        return try await bundle.first.publish(
            NewVersion(
                bundle: "b", file: "f", commit: "c", artifact: "a\(deadlines.hashValue)", files: "", fingerprint: "",
                document: document), now: now)
    }

    private func run(
        _ bundle: StoreBundle, _ version: Int64, _ runID: String = "run", logicalDate: Instant? = nil,
        at time: Instant = StoreBundle.now
    ) async throws -> RunRecord {
        var new = bundle.newRun(runID, logicalDate: logicalDate)
        new.versionID = version
        return try await bundle.first.createRun(new, now: time)
    }

    /// Ends a run that took a time.
    private func end(
        _ bundle: StoreBundle, _ run: RunRecord, _ state: DAGRunState, after time: Duration, _ epoch: Int64
    ) async throws {
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.runStates = [
            RunStateWrite(run: run.id, state: state, startedAt: run.queuedAt, endedAt: run.queuedAt + time)
        ]
        #expect(try await bundle.committer(epoch).commit(writes) == [run.id])
    }

    @Test func `each reference gives its time, and those that cannot none`() async throws {
        let bundle = try await StoreBundle()
        let fixed = now + .seconds(1_000_000)
        let version = try await publish(
            bundle,
            [
                DeadlineDocument(.dagRunQueuedAt, interval: 900, name: "late"),
                DeadlineDocument(.dagRunLogicalDate, interval: 60),
                DeadlineDocument(.fixedDatetime(fixed), interval: -30.5),
                DeadlineDocument(.averageRuntime(maxRuns: 2), interval: 5),
            ])
        let epoch = try await bundle.lead()
        func times(_ run: RunRecord) async throws -> [Int: Instant] {
            Dictionary(uniqueKeysWithValues: try await bundle.first.deadlines(run: run.id).map { ($0.index, $0.at) })
        }
        let manual = try await run(bundle, version, "manual")
        #expect(try await times(manual) == [0: now + .seconds(900), 2: fixed - .milliseconds(30_500)])
        #expect(try await bundle.first.deadlines(run: manual.id).map(\.name) == ["late", nil])
        let scheduled = try await run(bundle, version, "scheduled", logicalDate: now - .seconds(40))
        #expect(try await times(scheduled)[1] == now + .seconds(20))
        // The last two that have ended took 10 s and 30 s.
        for (name, state, time) in [("a", DAGRunState.success, 500), ("b", .failed, 10), ("c", .success, 30)] {
            try await end(bundle, try await run(bundle, version, name), state, after: .seconds(time), epoch)
        }
        #expect(try await times(try await run(bundle, version, "next"))[3] == now + .seconds(25))
    }

    @Test func `a deadline that is missed is told of once, by whichever leader looks`() async throws {
        let bundle = try await StoreBundle()
        let version = try await publish(bundle, [DeadlineDocument(.dagRunQueuedAt, interval: 900)])
        let run = try await run(bundle, version)
        #expect(try await bundle.first.nextDeadline() == now + .seconds(900))
        #expect(try await bundle.first.settleDeadlines(now: now + .seconds(899)) == (0, 0))
        async let one = bundle.first.settleDeadlines(now: now + .seconds(900))
        async let two = bundle.second.settleDeadlines(now: now + .seconds(900))
        #expect(try await [one.missed, two.missed].sorted() == [0, 1])
        let told = try await bundle.first.dueCallbacks(now: now + .seconds(900), limit: 10)
        #expect(told.map(\.event.kind) == [.deadline])
        #expect(told[0].event.dedupeKey == "dag/run/deadline/0")
        #expect(told[0].event.deadline == MissedDeadline(index: 0, at: now + .seconds(900)))
        #expect(told[0].event.state == "queued" && told[0].versionID == version)
        let record = try #require(try await bundle.first.deadlines(run: run.id).first)
        #expect(record.state == .missed && record.callback == told[0].id)
        #expect(try await bundle.first.nextDeadline() == nil)
        #expect(try await bundle.first.settleDeadlines(now: now + .seconds(9_000)) == (0, 0))
    }

    @Test func `a run that ended well in time meets it, one that ended late or failed does not`() async throws {
        let bundle = try await StoreBundle()
        let version = try await publish(bundle, [DeadlineDocument(.dagRunQueuedAt, interval: 900)])
        let epoch = try await bundle.lead()
        let (good, late, failed) = (
            try await run(bundle, version, "good"), try await run(bundle, version, "late"),
            try await run(bundle, version, "failed")
        )
        try await end(bundle, good, .success, after: .seconds(900), epoch)
        try await end(bundle, late, .success, after: .seconds(901), epoch)
        try await end(bundle, failed, .failed, after: .seconds(1), epoch)
        #expect(try await bundle.first.deadlines(run: good.id).map(\.state) == [.met])
        #expect(try await bundle.first.settleDeadlines(now: now + .seconds(1_000)) == (3, 2))
        let told = try await bundle.first.dueCallbacks(now: now + .seconds(1_000), limit: 10)
        #expect(told.map(\.run) == [late.id, failed.id])
        #expect(try await bundle.first.deadlines(run: good.id).map(\.state) == [.met])
        #expect(try await bundle.first.deadlines(run: failed.id).map(\.state) == [.missed])
    }

    @Test func `a run of a DAG without deadlines has none`() async throws {
        let bundle = try await StoreBundle()
        let run = try await run(bundle, try await publish(bundle, []))
        #expect(try await bundle.first.deadlines(run: run.id).isEmpty)
        #expect(try await bundle.first.nextDeadline() == nil)
    }
}
