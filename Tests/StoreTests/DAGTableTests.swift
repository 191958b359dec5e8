import DAGModel
import Store
import Testing

struct DAGTableTests {
    private func version(_ artifact: String) -> NewVersion {
        NewVersion(
            bundle: "b", file: "f.swift", commit: "c", artifact: artifact, files: "", fingerprint: "f",
            document: DAGDocument(id: "dag", isPausedUponCreation: true, tasks: [TaskDocument(id: "t")]))
    }

    @Test func `the same artifact is the same version, another one is the next`() async throws {
        let bundle = try await StoreBundle()
        let first = try await bundle.first.publish(version("a"), now: StoreBundle.now)
        #expect(try await bundle.second.publish(version("a"), now: StoreBundle.now) == first)
        let second = try await bundle.first.publish(version("b"), now: StoreBundle.now)
        #expect(second != first)
        #expect(try await bundle.first.version(second)?.number == 2)
        // Back to what was there before.
        #expect(try await bundle.first.publish(version("a"), now: StoreBundle.now) == first)
        #expect(try await bundle.first.dag("dag")?.versionID == first)
        #expect(try await bundle.first.version(first)?.document == version("a").document)
    }

    @Test func `a new DAG is paused when it asks for it, and stays as the user left it`() async throws {
        let bundle = try await StoreBundle()
        _ = try await bundle.first.publish(version("a"), now: StoreBundle.now)
        #expect(try await bundle.first.dag("dag")?.isPaused == true)
        #expect(try await bundle.second.setPaused("dag", false, now: StoreBundle.now))
        _ = try await bundle.first.publish(version("b"), now: StoreBundle.now)
        #expect(try await bundle.first.dag("dag")?.isPaused == false)
        #expect(try await !bundle.second.setPaused("unknown", true, now: StoreBundle.now))
    }

    @Test func `publishing the same at once gives everybody the same version`() async throws {
        let bundle = try await StoreBundle()
        for artifact in ["a", "b", "c"] {
            let versions = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<6 {
                    let store = index % 2 == 0 ? bundle.first : bundle.second
                    group.addTask { try await store.publish(version(artifact), now: StoreBundle.now) }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(versions.count == 1)
        }
    }

    @Test func `a DAG that left its bundle is kept without being present`() async throws {
        let bundle = try await StoreBundle()
        _ = try await bundle.first.publish(version("a"), now: StoreBundle.now)
        try await bundle.first.retireDAGs(bundle: "other", keeping: [], now: StoreBundle.now)
        #expect(try await bundle.first.dag("dag")?.isPresent == true)
        try await bundle.first.retireDAGs(bundle: "b", keeping: [], now: StoreBundle.now)
        #expect(try await bundle.first.dag("dag")?.isPresent == false)
    }
}
