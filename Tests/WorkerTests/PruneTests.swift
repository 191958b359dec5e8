import Foundation
import Testing

@testable import Worker

@Suite struct PruneTests {
    private func entry(_ name: String, _ size: Int64, usedAt: Int, isInUse: Bool = false) -> PrunePlan.Entry {
        PrunePlan.Entry(name: name, size: size, usedAt: usedAt, isInUse: isInUse)
    }

    @Test func `what nobody has used for long goes`() {
        let plan = PrunePlan(maximumAge: 100, maximumSize: .max)
        #expect(plan.victims([entry("old", 1, usedAt: 0), entry("new", 1, usedAt: 50)], now: 101) == ["old"])
    }

    @Test func `what is unused the longest goes until the rest is small enough`() {
        let plan = PrunePlan(maximumAge: 1_000, maximumSize: 10)
        let entries = [entry("c", 5, usedAt: 3), entry("a", 5, usedAt: 1), entry("b", 5, usedAt: 2)]
        #expect(plan.victims(entries, now: 10) == ["a"])
    }

    @Test func `what a live attempt uses stays, whatever its age and size`() {
        let plan = PrunePlan(maximumAge: 1, maximumSize: 1)
        let entries = [entry("live", 100, usedAt: 0, isInUse: true), entry("idle", 100, usedAt: 50)]
        #expect(plan.victims(entries, now: 51) == ["idle"])
    }

    @Test func `what was used a moment ago stays, also when there is too much`() {
        let plan = PrunePlan(maximumAge: 1_000, maximumSize: 1, minimumAge: 60)
        #expect(plan.victims([entry("fresh", 9, usedAt: 50), entry("idle", 9, usedAt: 0)], now: 100) == ["idle"])
    }

    @Test func `the cache tells what it has, and what it discards is gone at once`() throws {
        let folder = "/tmp/wt-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let cache = try ArtifactCache(dataFolder: folder)
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        _ = try cache.store(Array("abc".utf8), as: hash, unpacking: false)
        #expect(cache.entries().map(\.name) == [hash])
        #expect(cache.entries().map(\.size) == [3])
        #expect(cache.discard(hash) != nil)
        #expect(cache.path(of: hash) == nil)
        for path in cache.leftovers() { FileSystem.remove(path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/artifacts").isEmpty)
    }

    @Test func `run folders that attempts use stay`() throws {
        let folder = "/tmp/wt-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let folders = RunFolders(dataFolder: folder)
        for run in ["one", "two"] {
            try FileSystem.makeFolder("\(folder)/runs/dag/\(run)")
            try FileSystem.write(Array("12345".utf8), to: "\(folder)/runs/dag/\(run)/file", mode: 0o600)
        }
        let entries = folders.entries()
        #expect(entries.map(\.size) == [5, 5])
        let plan = PrunePlan(maximumAge: 100, maximumSize: .max)
        let now = Int(Date().timeIntervalSince1970) + 1_000
        for path in folders.discard(entries, inUse: ["dag/two"], plan: plan, now: now) { FileSystem.remove(path) }
        #expect(folders.entries().map(\.name) == ["dag/two"])
    }
}
