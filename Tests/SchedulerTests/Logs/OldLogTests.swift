import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Testing

/// Files of logs that are too old, or nobody's.
@Suite struct OldLogTests {
    private let folder = URL(filePath: "/tmp/slip-logs-\(UUID().uuidString.prefix(8))")
    private let now = Instant.now

    /// A store with the logs of some attempts, each written to so many days ago.
    private func store(_ days: [Int64: Double]) throws -> FileLogStore {
        let store = try FileLogStore(folder: folder.path, log: Logger(label: "logs") { _ in SwiftLogNoOpLogHandler() })
        for (attempt, age) in days {
            for ending in ["log", "end"] {
                let file = folder.appending(path: "\(attempt).\(ending)").path
                try Data("text".utf8).write(to: URL(filePath: file))
                try FileManager.default.setAttributes(
                    [.modificationDate: Date.now.addingTimeInterval(-age * 86_400)], ofItemAtPath: file)
            }
        }
        return store
    }

    private var left: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test func `logs go by their age, those of attempts that execute stay`() async throws {
        let store = try store([1: 40, 2: 40, 3: 20])
        let removed = try await store.remove(
            OldLogs(before: now - .seconds(30 * 86_400), orphansBefore: nil, live: [2]) { _ in [] })
        #expect(removed == "1 log" && left == ["2.end", "2.log", "3.end", "3.log"])
        try FileManager.default.removeItem(at: folder)
    }

    @Test func `logs that nobody knows go after a day`() async throws {
        let store = try store([1: 2, 2: 2, 3: 0.5, 4: 2])
        try Data().write(to: folder.appending(path: "note.txt"))
        let old = OldLogs(before: nil, orphansBefore: now - .seconds(86_400), live: [4]) { Set($0).subtracting([2]) }
        #expect(try await store.remove(old) == "1 log")
        #expect(left == ["2.end", "2.log", "3.end", "3.log", "4.end", "4.log", "note.txt"])
        #expect(try await store.remove(old) == nil)
        try FileManager.default.removeItem(at: folder)
    }

    @Test func `logs of attempts that are gone are removed, whether or not they are there`() async throws {
        let store = try store([1: 0, 2: 0])
        try await store.remove([1, 9])
        #expect(left == ["2.end", "2.log"])
        try FileManager.default.removeItem(at: folder)
    }
}
