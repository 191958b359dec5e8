/// One file of an exported bundle.
package struct BundleFile: Sendable, Hashable, Codable {
    /// Relative to the bundle's root.
    package var path: String
    package var isExecutable: Bool
    /// In bytes.
    package var size: Int64

    package init(path: String, isExecutable: Bool, size: Int64) {
        self.path = path
        self.isExecutable = isExecutable
        self.size = size
    }
}

/// A read-only copy of one state of a bundle, at rest in a folder named by its content.
package struct BundleTree: Sendable, Hashable {
    /// The git commit; nil for a working copy.
    package var commit: String?
    /// Equal for equal content: the git tree's id, or the hash of a working copy.
    package var id: String
    package var folder: String
    /// Sorted by path.
    package var files: [BundleFile]

    package init(commit: String?, id: String, folder: String, files: [BundleFile]) {
        self.commit = commit
        self.id = id
        self.folder = folder
        self.files = files
    }
}
