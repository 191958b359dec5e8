import Foundation
import Supervision
import Testing

@Suite(.timeLimit(.minutes(2)))
struct FolderWatcherTests {
    @Test func `changes below a folder are seen, also in folders made later`() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try write("1", folder.path + "/a.swift")
        try makeFolder(folder.path + "/old/deep")
        try await LoopBundle.with { bundle in
            let changes = Changes()
            let watcher = try FolderWatcher(folder.path, ignoring: [".git"], on: bundle.loop) { changes.add($0) }
            try write("2", folder.path + "/a.swift")
            await changes.wait(for: "a.swift")
            try write("2", folder.path + "/old/deep/b.swift")
            await changes.wait(for: "old/deep/b.swift")
            try makeFolder(folder.path + "/new")
            await changes.wait(for: "new")
            try write("1", folder.path + "/new/c.swift")
            await changes.wait(for: "new/c.swift")
            try FileManager.default.moveItem(atPath: folder.path + "/new", toPath: folder.path + "/newer")
            await changes.wait(for: "newer")
            try write("3", folder.path + "/newer/c.swift")
            await changes.wait(for: "newer/c.swift")
            watcher.cancel()
        }
    }

    @Test func `ignored folders are silent`() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try makeFolder(folder.path + "/.git")
        try await LoopBundle.with { bundle in
            let changes = Changes()
            let watcher = try FolderWatcher(folder.path, ignoring: [".git"], on: bundle.loop) { changes.add($0) }
            try write("1", folder.path + "/.git/index")
            try write("1", folder.path + "/seen")
            await changes.wait(for: "seen")
            #expect(!changes.seen.contains { $0.hasPrefix(".git") })
            watcher.cancel()
        }
    }

    @Test func `a folder that is not there is refused`() async throws {
        try await LoopBundle.with { bundle in
            #expect(throws: SystemError.self) { try FolderWatcher("/nowhere", on: bundle.loop) { _ in } }
        }
    }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}

/// The changes that were seen so far. Lives on the loop.
private final class Changes: @unchecked Sendable {
    private(set) var seen: Set<String> = []
    private var waiting: (path: String, continuation: CheckedContinuation<Void, Never>)?

    func add(_ path: String) {
        seen.insert(path)
        guard let (wanted, continuation) = waiting, wanted == path else { return }
        waiting = nil
        continuation.resume()
    }

    func wait(for path: String) async {
        if seen.contains(path) { return }
        await withCheckedContinuation { waiting = (path, $0) }
    }
}
