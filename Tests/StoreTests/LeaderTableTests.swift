import Store
import Testing

struct LeaderTableTests {
    @Test func `of many that want to lead one does`() async throws {
        let bundle = try await StoreBundle()
        let epochs = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for index in 0..<8 {
                let store = index % 2 == 0 ? bundle.first : bundle.second
                group.addTask { try await store.takeLead(from: 0, name: "s\(index)", address: "", lease: 5) }
            }
            return try await group.reduce(into: [Int64?]()) { $0.append($1) }
        }
        #expect(epochs.compactMap(\.self) == [1])
    }

    @Test func `a leader that is alive is not replaced, one that stepped down is`() async throws {
        let bundle = try await StoreBundle()
        let epoch = try await bundle.lead()
        #expect(try await bundle.second.takeLead(from: epoch, name: "b", address: "", lease: 5) == nil)
        #expect(try await bundle.first.renewLead(epoch: epoch))
        try await bundle.first.stepDown(epoch: epoch)
        #expect(try await bundle.second.leader()?.silence == nil)
        #expect(try await bundle.second.takeLead(from: epoch, name: "b", address: "", lease: 5) == epoch + 1)
        #expect(try await !bundle.first.renewLead(epoch: epoch))
        // The one that was replaced cannot make room for a third.
        try await bundle.first.stepDown(epoch: epoch)
        #expect(try await bundle.second.leader()?.silence != nil)
    }

    @Test func `partitions can be asked for again and by several at once`() async throws {
        let bundle = try await StoreBundle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in [bundle.first, bundle.second, bundle.first, bundle.second] {
                group.addTask { try await store.ensurePartitions() }
            }
            try await group.waitForAll()
        }
    }
}
