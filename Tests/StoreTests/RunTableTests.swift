import DAGModel
import Store
import Testing

struct RunTableTests {
    @Test func `a run id and a logical date are taken once`() async throws {
        let bundle = try await StoreBundle()
        let date = StoreBundle.now
        _ = try await bundle.first.createRun(bundle.newRun("a", logicalDate: date), now: date)
        await #expect(throws: StoreError.runExists(dagID: "dag", runID: "a")) {
            try await bundle.second.createRun(bundle.newRun("a"), now: date)
        }
        await #expect(throws: StoreError.runExists(dagID: "dag", runID: "b")) {
            try await bundle.second.createRun(bundle.newRun("b", logicalDate: date), now: date)
        }
        // Runs without a logical date do not meet.
        _ = try await bundle.first.createRun(bundle.newRun("c"), now: date)
        _ = try await bundle.first.createRun(bundle.newRun("d"), now: date)
        #expect(try await bundle.first.unfinishedRuns().count == 3)
    }

    @Test func `of many that create the same run one does`() async throws {
        let bundle = try await StoreBundle()
        let created = await withTaskGroup(of: RunRecord?.self) { group in
            for index in 0..<8 {
                let store = index % 2 == 0 ? bundle.first : bundle.second
                group.addTask { try? await store.createRun(bundle.newRun("same"), now: StoreBundle.now) }
            }
            return await group.reduce(into: [RunRecord]()) { if let run = $1 { $0.append(run) } }
        }
        #expect(created.count == 1)
    }

    @Test func `a run that has ended cannot be cancelled`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let run = try await bundle.run()
        _ = try await committer.commit(bundle.starting(run))
        _ = try await committer.commit(bundle.ending(run))
        #expect(try await !bundle.second.requestCancel(dagID: "dag", runID: "run"))
        #expect(try await !bundle.second.requestCancel(dagID: "dag", runID: "unknown"))
        #expect(try await bundle.first.unfinishedRuns().isEmpty)
    }
}
