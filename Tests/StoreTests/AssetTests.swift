import DAGModel
import Postgres
@testable import Store
import Testing

/// Updates of assets: written once, queued for the DAGs that wait for them, and taken by one run each.
struct AssetTests {
    private static let now = StoreBundle.now
    private let raw = Asset("s3://raw/strain")
    private let clean = Asset("clean", uri: "s3://clean/strain")

    private func document(_ id: String, _ schedule: Schedule = .manual, outlets: [Asset] = []) -> DAGDocument {
        var task = TaskDocument(id: "task", kind: .author)
        task.outlets = outlets
        return DAGDocument(id: id, schedule: schedule, tasks: [task])
    }

    @discardableResult
    private func publish(_ document: DAGDocument, _ store: StateStore) async throws -> VersionRecord {
        let id = try await store.publish(
            NewVersion(
                bundle: "test", file: "\(document.id).swift", commit: "c", artifact: "\(document.hashValue)", files: "",
                fingerprint: "", document: document),
            now: Self.now)
        return try #require(try await store.version(id))
    }

    /// The tick in which the task of a run succeeds, with an update of each asset.
    private func ending(_ run: RunRecord, _ bundle: StoreBundle, tryNumber: Int = 1, _ assets: Asset...) -> TickWrites {
        var writes = bundle.ending(run)
        writes.assetEvents = assets.map { asset in
            AssetEventWrite(
                run: run.id, dagID: run.dagID, runID: run.runID, taskID: "task", mapIndex: -1, tryNumber: tryNumber,
                asset: asset.key, extra: "{\"rows\":5}", at: Self.now)
        }
        return writes
    }

    private func events(_ store: StateStore) async throws -> [AssetEventRecord] {
        try await store.assetEvents(AssetEventQuery(limit: 100))
    }

    private func assetID(_ asset: Asset, _ store: StateStore) async throws -> Int64 {
        var query = AssetQuery(limit: 10)
        query.onlyActive = false
        return try #require(try await store.assets(query).first { $0.key == asset.key }).id
    }

    @Test func `an update is written with the success that it stands for, and written again it is one`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        try await publish(document("dag", outlets: [raw]), bundle.first)
        let consumer = try await publish(document("consumer", .assets(when: .asset(raw))), bundle.first)
        let run = try await bundle.run()
        _ = try await committer.commit(bundle.starting(run))
        #expect(try await committer.commit(ending(run, bundle, raw)) == [run.id])
        #expect(try await committer.commit(ending(run, bundle, raw)) == [run.id])
        let event = try #require(try await events(bundle.first).first)
        #expect(try await events(bundle.first).count == 1)
        #expect(event.asset == raw.key && event.extra == "{\"rows\":5}" && event.createdAt == Self.now)
        #expect(event.sourceDAGID == "dag" && event.sourceRunID == "run" && event.sourceTaskID == "task")
        let made = try #require(try await bundle.first.createAssetRun(consumer, now: Self.now))
        #expect(made.type == .assetTriggered && made.triggeredBy == "asset" && made.logicalDate == nil)
        #expect(made.runID.hasPrefix("asset_triggered__2027-01-15T08:00:00+00:00_") && made.runID.count == 51)
        #expect(made.runAfter == Self.now && made.state == .queued)
        #expect(try await bundle.first.assetEvents(causing: made.id, limit: 10) == [event])
        // The tick once more, when its update has been taken already.
        _ = try await committer.commit(ending(run, bundle, raw))
        #expect(try await bundle.first.createAssetRun(consumer, now: Self.now) == nil)
        // The next try updates it again.
        _ = try await committer.commit(ending(run, bundle, tryNumber: 2, raw))
        #expect(try await bundle.first.createAssetRun(consumer, now: Self.now) != nil)
    }

    @Test func `a run that somebody changed meanwhile, and a scheduler that was replaced, update nothing`() async throws
    {
        let bundle = try await StoreBundle()
        let old = bundle.committer(try await bundle.lead("old"))
        try await publish(document("dag", outlets: [raw]), bundle.first)
        let run = try await bundle.run()
        _ = try await old.commit(bundle.starting(run))
        #expect(try await bundle.second.requestCancel(dagID: "dag", runID: "run"))
        #expect(try await old.commit(ending(run, bundle, raw)).isEmpty)
        _ = try await bundle.lead("new")
        await #expect(throws: StoreError.fenced) { try await old.commit(ending(run, bundle, raw)) }
        #expect(try await events(bundle.first).isEmpty)
    }

    @Test func `updates wait until there are enough, and one run takes them all`() async throws {
        let bundle = try await StoreBundle()
        let store = bundle.first
        try await publish(document("dag", outlets: [raw, clean]), store)
        let consumer = try await publish(document("consumer", .assets(when: raw && clean)), store)
        let (rawID, cleanID) = (try await assetID(raw, store), try await assetID(clean, store))
        for second in 0..<3 {
            _ = try await store.emitAssetEvent(rawID, extra: .object([:]), now: Self.now + .seconds(second))
            #expect(try await store.createAssetRun(consumer, now: Self.now) == nil)
        }
        let queue = try await store.queuedAssets(AssetQueueQuery(dagID: "consumer"))
        #expect(queue.map(\.count) == [3] && queue.map(\.asset) == [raw.key] && queue.map(\.createdAt) == [Self.now])
        _ = try await store.emitAssetEvent(cleanID, extra: .object([:]), now: Self.now + .seconds(10))
        let run = try #require(try await store.createAssetRun(consumer, now: Self.now + .seconds(11)))
        #expect(run.runAfter == Self.now + .seconds(10))
        #expect(
            try await store.assetEvents(causing: run.id, limit: 10).map(\.asset) == [
                raw.key, raw.key, raw.key, clean.key,
            ])
        #expect(try await store.queuedAssets(AssetQueueQuery()).isEmpty)
        #expect(try await store.dagsWithAssetQueues().isEmpty)
        // The next run needs both again.
        _ = try await store.emitAssetEvent(cleanID, extra: .object([:]), now: Self.now)
        #expect(try await store.createAssetRun(consumer, now: Self.now) == nil)
    }

    @Test func `of two schedulers that take the same updates one makes the run, and none is lost or taken twice`()
        async throws
    {
        let bundle = try await StoreBundle()
        try await publish(document("dag", outlets: [raw]), bundle.first)
        let consumer = try await publish(document("consumer", .assets(when: .asset(raw))), bundle.first)
        let id = try await assetID(raw, bundle.first)
        var emitted: [Int64] = []
        for round in 0..<25 {
            let now = Self.now + .seconds(round)
            async let one = bundle.first.createAssetRun(consumer, now: now)
            async let new = bundle.second.emitAssetEvent(id, extra: .object([:]), now: now)
            async let two = bundle.second.createAssetRun(consumer, now: now)
            _ = (try await one, try await two)
            emitted.append(try #require(try await new))
        }
        while try await bundle.first.createAssetRun(consumer, now: Self.now) != nil {}
        let causes = try await bundle.first.runs(causedBy: emitted)
        #expect(Set(causes.keys) == Set(emitted))
        #expect(causes.values.allSatisfy { $0.count == 1 })
        #expect(try await bundle.first.queuedAssets(AssetQueueQuery()).isEmpty)
    }

    @Test func `an update while the DAG is paused causes no run, and belongs to the next`() async throws {
        let bundle = try await StoreBundle()
        let store = bundle.first
        try await publish(document("dag", outlets: [raw]), store)
        let consumer = try await publish(document("consumer", .assets(when: .asset(raw))), store)
        let id = try await assetID(raw, store)
        // One that came before the pause waits for its end.
        _ = try await store.emitAssetEvent(id, extra: .object([:]), now: Self.now)
        _ = try await store.setPaused("consumer", true, now: Self.now)
        #expect(try await store.createAssetRun(consumer, now: Self.now) == nil)
        _ = try await store.setPaused("consumer", false, now: Self.now)
        #expect(try await store.createAssetRun(consumer, now: Self.now) != nil)
        _ = try await store.setPaused("consumer", true, now: Self.now)
        _ = try await store.emitAssetEvent(id, extra: .object([:]), now: Self.now)
        _ = try await store.setPaused("consumer", false, now: Self.now)
        #expect(try await store.createAssetRun(consumer, now: Self.now) == nil)
        #expect(try await store.dagsWithAssetQueues().isEmpty)
        _ = try await store.emitAssetEvent(id, extra: .object([:]), now: Self.now)
        let run = try #require(try await store.createAssetRun(consumer, now: Self.now))
        #expect(try await store.assetEvents(causing: run.id, limit: 10).count == 2)
    }

    @Test func `a queue that was emptied causes no run, and a new schedule drops what it does not wait for`()
        async throws
    {
        let bundle = try await StoreBundle()
        let store = bundle.first
        try await publish(document("dag", outlets: [raw, clean]), store)
        try await publish(document("consumer", .assets(when: raw && clean)), store)
        let (rawID, cleanID) = (try await assetID(raw, store), try await assetID(clean, store))
        _ = try await store.emitAssetEvent(rawID, extra: .object([:]), now: Self.now)
        #expect(try await store.clearAssetQueue(AssetQueueQuery(dagID: "consumer", before: Self.now)) == false)
        #expect(try await store.clearAssetQueue(AssetQueueQuery(dagID: "consumer", asset: rawID)))
        _ = try await store.emitAssetEvent(cleanID, extra: .object([:]), now: Self.now)
        let old = try await publish(document("consumer", .assets(when: raw && clean)), store)
        #expect(try await store.createAssetRun(old, now: Self.now) == nil)
        // What the new schedule still waits for stays in the queue.
        _ = try await store.emitAssetEvent(rawID, extra: .object([:]), now: Self.now)
        let other = try await publish(document("consumer", .assets(when: .asset(clean))), store)
        #expect(try await store.queuedAssets(AssetQueueQuery()).map(\.asset) == [clean.key])
        // A leader that has not heard of the new version yet makes no run of the old one.
        #expect(try await store.createAssetRun(old, now: Self.now) == nil)
        let run = try #require(try await store.createAssetRun(other, now: Self.now))
        #expect(run.versionID == other.id)
        #expect(try await store.assetEvents(causing: run.id, limit: 10).map(\.asset) == [clean.key])
        _ = try await store.emitAssetEvent(cleanID, extra: .object([:]), now: Self.now)
        try await publish(document("consumer", .cron("@daily", timezone: "UTC")), store)
        #expect(try await store.queuedAssets(AssetQueueQuery()).isEmpty)
    }

    @Test func `assets tell who names them, and are inactive when nobody does`() async throws {
        let bundle = try await StoreBundle()
        let store = bundle.first
        try await publish(document("dag", outlets: [raw, clean]), store)
        try await publish(document("consumer", .assets(when: .asset(raw))), store)
        let id = try await assetID(raw, store)
        let found = try #require(try await store.asset(id))
        #expect(found.outlets.map(\.dagID) == ["dag"] && found.outlets.map(\.taskID) == ["task"])
        #expect(found.schedules.map(\.dagID) == ["consumer"] && found.isActive && found.lastEvent == nil)
        _ = try await store.emitAssetEvent(id, extra: .object([:]), now: Self.now)
        try await store.retireDAGs(bundle: "test", keeping: ["dag"], now: Self.now)
        #expect(try await store.queuedAssets(AssetQueueQuery()).isEmpty)
        #expect(try await store.asset(id)?.schedules == [])
        try await publish(document("dag"), store)
        #expect(try await store.assets(AssetQuery(limit: 10)).isEmpty)
        #expect(try await store.asset(id)?.lastEventAt == Self.now)
        #expect(try await store.asset(id)?.isActive == false)
    }

    @Test func `DAGs that are published at once with the same assets do not wait for each other for ever`() async throws
    {
        let bundle = try await StoreBundle()
        let assets = (0..<20).map { Asset("asset\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<6 {
                let store = index % 2 == 0 ? bundle.first : bundle.second
                let outlets = index % 2 == 0 ? assets : assets.reversed()
                group.addTask { _ = try await publish(document("dag\(index)", outlets: outlets), store) }
            }
            try await group.waitForAll()
        }
        #expect(try await bundle.first.count(AssetQuery(limit: 1)) == 20)
    }
}
