import DAGModel
import Foundation
import Store
import Testing

@testable import DAGBundles
@testable import Scheduler

@Suite struct BundlePublisherTests {
    @Test func `a DAG that has not changed is not written again`() async throws {
        let bundle = try await SchedulerBundle(schedules: false)
        let artifacts = try FolderArtifactStore(bundle.folder.appending(path: "store").path)
        let helpers = Array(#"{"files":[]}"#.utf8)
        try artifacts.put("helpers", helpers)
        var build = BundleBuild(commit: "one", tree: "one", units: [], errors: [])
        for index in 0..<20 { build.units.append(try unit("dag\(index)", "code \(index)", artifacts)) }
        let publisher = BundlePublisher(bundle: "dags", artifacts: artifacts, store: bundle.store)
        #expect(try await publisher.publish(build, now: Instant(microseconds: 1_000_000)).changed == 20)
        build.units[7] = try unit("dag7", "other code", artifacts)
        build.commit = "two"
        #expect(try await publisher.publish(build, now: Instant(microseconds: 2_000_000)).changed == 1)
        let written = try await bundle.store.dags().filter { $0.updatedAt == Instant(microseconds: 2_000_000) }
        #expect(written.map(\.dagID) == ["dag7"])
        // Also by a publisher that knows nothing of the first.
        let restarted = BundlePublisher(bundle: "dags", artifacts: artifacts, store: bundle.store)
        #expect(try await restarted.publish(build, now: Instant(microseconds: 3_000_000)).changed == 0)
        // A DAG that comes back is there again.
        var without = build
        without.units.removeAll { $0.path == "dag3.swift" }
        _ = try await publisher.publish(without, now: Instant(microseconds: 4_000_000))
        #expect(try await bundle.store.dag("dag3")?.isPresent == false)
        _ = try await publisher.publish(build, now: Instant(microseconds: 5_000_000))
        #expect(try await bundle.store.dag("dag3")?.isPresent == true)
        await bundle.stop()
    }

    @Test func `a DAG that calls an asset otherwise than another is an import error, and keeps its last good version`()
        async throws
    {
        let bundle = try await SchedulerBundle(schedules: false)
        let artifacts = try FolderArtifactStore(bundle.folder.appending(path: "store").path)
        try artifacts.put("helpers", Array(#"{"files":[]}"#.utf8))
        let publisher = BundlePublisher(bundle: "dags", artifacts: artifacts, store: bundle.store)
        let (old, new) = (Asset("model", uri: "s3://models/1"), Asset("model", uri: "s3://models/2"))
        var build = BundleBuild(commit: "one", tree: "one", units: [], errors: [])
        build.units = [try unit("a", "a1", artifacts, outlet: old), try unit("b", "b1", artifacts, outlet: old)]
        #expect(try await publisher.publish(build, now: Instant(microseconds: 1_000_000)).changed == 2)
        let version = try await bundle.store.dag("a")?.versionID
        // The one that changes is wrong, although it comes first.
        build.units[0] = try unit("a", "a2", artifacts, outlet: new)
        #expect(try await publisher.publish(build, now: Instant(microseconds: 2_000_000)).changed == 0)
        #expect(try await bundle.store.dag("a")?.versionID == version)
        let errors = try await bundle.store.importErrors()
        #expect(errors.map(\.file) == ["a.swift"] && errors.map(\.line) == [4])
        #expect(
            errors.first?.message
                == "asset \"model\" has the URI s3://models/2 here and s3://models/1 in DAG b: a name has one URI; give one of them another name"
        )
        // Both in one commit are right.
        build.units[1] = try unit("b", "b2", artifacts, outlet: new)
        #expect(try await publisher.publish(build, now: Instant(microseconds: 3_000_000)).changed == 2)
        #expect(try await bundle.store.importErrors().isEmpty)
        await bundle.stop()
    }

    @Test func `a DAG that names what does not exist is an import error, and becomes current when it does`()
        async throws
    {
        let bundle = try await SchedulerBundle(schedules: false)
        let artifacts = try FolderArtifactStore(bundle.folder.appending(path: "store").path)
        try artifacts.put("helpers", Array(#"{"files":[]}"#.utf8))
        let publisher = BundlePublisher(bundle: "dags", artifacts: artifacts, store: bundle.store)
        var build = BundleBuild(commit: "one", tree: "one", units: [], errors: [])
        build.units = [try unit("a", "a1", artifacts, pool: "gpu", uses: [.optional(.variable("perhaps"))])]
        let first = try await publisher.publish(build, now: Instant(microseconds: 1_000_000))
        #expect(first.changed == 0 && first.isIncomplete)
        #expect(try await bundle.store.dag("a") == nil)
        let error = try #require(try await bundle.store.importErrors().first)
        #expect(error.file == "a.swift" && error.line == 4)
        #expect(
            error.message
                == "task task names pool gpu, which does not exist. Make it with dagctl pools set gpu SLOTS")

        try await bundle.store.changePools { $0["gpu"] = PoolRecord(name: "gpu", slots: 2) }
        let second = try await publisher.publish(build, now: Instant(microseconds: 2_000_000))
        #expect(second.changed == 1 && !second.isIncomplete)
        #expect(try await bundle.store.importErrors().isEmpty)

        // One that its pool could never run.
        build.units.append(try unit("b", "b1", artifacts, pool: "gpu", slots: 3))
        let large = try await publisher.publish(build, now: Instant(microseconds: 2_500_000))
        #expect(
            large.errors.first?.message.hasPrefix(
                "task task takes 3 slots of pool gpu, which has 2: it could never start.") == true)
        build.units.removeLast()

        // The version that is current stays when the pool goes; the next one, which names more, does not come.
        let version = try await bundle.store.dag("a")?.versionID
        try await bundle.store.changePools { $0["gpu"] = nil }
        #expect(try await publisher.publish(build, now: Instant(microseconds: 3_000_000)).errors.isEmpty)
        build.units = [try unit("a", "a2", artifacts, uses: [.connection("minoi")])]
        let third = try await publisher.publish(build, now: Instant(microseconds: 4_000_000))
        #expect(third.changed == 0 && third.errors.count == 1)
        #expect(try await bundle.store.dag("a")?.versionID == version)
        await bundle.stop()
    }

    private func unit(
        _ id: String, _ code: String, _ artifacts: FolderArtifactStore, outlet: Asset? = nil, pool: String? = nil,
        slots: Int = 1, uses: [Use] = []
    ) throws -> UnitBuild {
        let bytes = Array(code.utf8)
        try artifacts.put(sha256(bytes), bytes)
        var task = TaskDocument(id: "task", line: 4)
        task.outlets = outlet.map { [$0] } ?? []
        if let pool { (task.limits.pool, task.limits.poolSlots) = (pool, slots) }
        task.uses = uses
        let isPlain = outlet == nil && pool == nil && uses.isEmpty
        let document = DAGDocument(id: id, tasks: isPlain ? [] : [task])
        let description = DAGDescription(document: document, problems: [], fingerprint: isPlain ? "f" : code)
        let version = DAGVersion(
            description: description, artifact: sha256(bytes), helpers: "helpers", commit: "one", tree: "one")
        return UnitBuild(path: "\(id).swift", dag: version, errors: [])
    }
}
