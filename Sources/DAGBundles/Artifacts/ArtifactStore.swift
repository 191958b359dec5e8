/// Where compiled DAG files and helper files are kept, by hash. Bytes under an id never change.
package protocol ArtifactStore: Sendable {
    func has(_ id: String) async throws -> Bool
    /// Keeps the bytes; putting the same id again changes nothing.
    func put(_ id: String, _ bytes: [UInt8]) async throws
    /// The bytes, or nil when there are none under the id.
    func get(_ id: String) async throws -> [UInt8]?
}

/// An artifact store in a local folder: one file per artifact, written whole or not at all.
package struct FolderArtifactStore: ArtifactStore {
    package let folder: String

    package init(_ folder: String) throws(BundleError) {
        self.folder = folder
        try Disk.makeFolders(folder)
    }

    package func has(_ id: String) -> Bool { Disk.exists(path(id)) }

    package func put(_ id: String, _ bytes: [UInt8]) throws {
        guard !has(id) else { return }
        try Disk.makeFolders(folder + "/" + id.prefix(2))
        try Disk.replace(path(id), with: bytes, mode: 0o444)
    }

    package func get(_ id: String) throws -> [UInt8]? { has(id) ? try Disk.read(path(id)) : nil }

    /// The file of an artifact, whether it is there or not.
    package func path(_ id: String) -> String { "\(folder)/\(id.prefix(2))/\(id)" }

    /// Removes every artifact that is not in the set.
    package func prune(keeping ids: Set<String>) {
        for part in Disk.names(in: folder) {
            for name in Disk.names(in: folder + "/" + part) where !ids.contains(name) {
                Disk.remove("\(folder)/\(part)/\(name)")
            }
        }
    }
}
