import Store
import Testing

struct PoolTableTests {
    @Test func `a new database has the default pool`() async throws {
        let bundle = try await StoreBundle()
        #expect(
            try await bundle.first.pools() == [
                PoolRecord(name: "default_pool", slots: 128, description: "Default pool")
            ])
    }

    @Test func `pools are created, changed and deleted together`() async throws {
        let bundle = try await StoreBundle()
        let gpu = PoolRecord(name: "gpu", slots: 2, description: "cards", includeDeferred: true)
        try await bundle.first.changePools { pools in
            pools["gpu"] = gpu
            pools["default_pool"]?.slots = -1
        }
        #expect(try await bundle.first.pools().map(\.slots) == [-1, 2])
        #expect(try await bundle.first.pools().last == gpu)
        try await bundle.first.changePools { $0["gpu"] = nil }
        #expect(try await bundle.first.pools().map(\.name) == ["default_pool"])
    }
}
