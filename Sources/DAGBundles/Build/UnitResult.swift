internal import DAGModel
internal import FoundationEssentials
internal import Synchronization

/// What a unit came to, whatever bundle or commit it is in.
enum UnitResult: Sendable, Hashable, Codable {
    case described(DAGDescription)
    case failed([ImportError])
}

/// Remembers what each unit came to, by the hash of all that it depends on: over restarts, too.
final class UnitResults: Sendable {
    private let folder: String
    /// Also those that a busy machine may have caused: they are tried again after a restart, not at every commit.
    private let recent = Mutex<[String: UnitResult]>([:])

    init(_ folder: String) throws(BundleError) {
        self.folder = folder
        try Disk.makeFolders(folder)
    }

    subscript(key: String) -> UnitResult? {
        if let result = recent.withLock({ $0[key] }) { return result }
        guard let bytes = try? Disk.read(path(key)) else { return nil }
        let result = try? JSONDecoder().decode(UnitResult.self, from: Data(bytes))
        recent.withLock { $0[key] = result }
        return result
    }

    /// - Parameter isLasting: whether the same sources would come to the same on any machine.
    func note(_ result: UnitResult, for key: String, isLasting: Bool) throws {
        recent.withLock { $0[key] = result }
        guard isLasting else { return }
        try Disk.replace(path(key), with: Array(try JSONEncoder().encode(result)))
    }

    func prune(keeping keys: Set<String>) {
        recent.withLock { recent in recent = recent.filter { keys.contains($0.key) } }
        for name in Disk.names(in: folder) where !keys.contains(String(name.prefix(64))) {
            Disk.remove(folder + "/" + name)
        }
    }

    private func path(_ key: String) -> String { "\(folder)/\(key).json" }
}
