internal import FoundationEssentials

/// The files of a bundle that are not Swift, with their content's hashes: what a worker lays out before it runs a task.
///
/// Each file is an artifact under its own hash, and so is this list, as JSON: a worker fetches the list, then what it lacks.
package struct HelperFiles: Sendable, Hashable, Codable {
    package struct File: Sendable, Hashable, Codable {
        /// Relative to the bundle's root.
        package var path: String
        package var isExecutable: Bool
        package var sha256: String
        /// In bytes.
        package var size: Int64
    }

    package var files: [File]

    /// Reads the files of an exported bundle.
    init(_ files: [BundleFile], in folder: String) throws(BundleError) {
        self.files = []
        for file in files {
            let hash = sha256(try Disk.read(folder + "/" + file.path))
            self.files.append(File(path: file.path, isExecutable: file.isExecutable, sha256: hash, size: file.size))
        }
    }

    /// The list as it is stored.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// Puts the files and the list into a store, and returns the list's id.
    func store(from folder: String, into store: some ArtifactStore) async throws -> String {
        for file in files where try await !store.has(file.sha256) {
            try await store.put(file.sha256, Disk.read(folder + "/" + file.path))
        }
        let list = try encoded()
        let id = DAGBundles.sha256(list)
        if try await !store.has(id) { try await store.put(id, list) }
        return id
    }
}
