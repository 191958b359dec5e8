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
        #expect(try await publisher.publish(build, now: Instant(microseconds: 1_000_000)) == 20)
        build.units[7] = try unit("dag7", "other code", artifacts)
        build.commit = "two"
        #expect(try await publisher.publish(build, now: Instant(microseconds: 2_000_000)) == 1)
        let written = try await bundle.store.dags().filter { $0.updatedAt == Instant(microseconds: 2_000_000) }
        #expect(written.map(\.dagID) == ["dag7"])
        // Also by a publisher that knows nothing of the first.
        let restarted = BundlePublisher(bundle: "dags", artifacts: artifacts, store: bundle.store)
        #expect(try await restarted.publish(build, now: Instant(microseconds: 3_000_000)) == 0)
        // A DAG that comes back is there again.
        var without = build
        without.units.removeAll { $0.path == "dag3.swift" }
        _ = try await publisher.publish(without, now: Instant(microseconds: 4_000_000))
        #expect(try await bundle.store.dag("dag3")?.isPresent == false)
        _ = try await publisher.publish(build, now: Instant(microseconds: 5_000_000))
        #expect(try await bundle.store.dag("dag3")?.isPresent == true)
        await bundle.stop()
    }

    private func unit(_ id: String, _ code: String, _ artifacts: FolderArtifactStore) throws -> UnitBuild {
        let bytes = Array(code.utf8)
        try artifacts.put(sha256(bytes), bytes)
        let description = DAGDescription(document: DAGDocument(id: id, tasks: []), problems: [], fingerprint: "f")
        let version = DAGVersion(
            description: description, artifact: sha256(bytes), helpers: "helpers", commit: "one", tree: "one")
        return UnitBuild(path: "\(id).swift", dag: version, errors: [])
    }
}
