package import DAGBundles

/// Where the states of a bundle come from.
package protocol BundleTrees: Sendable {
    /// The newest state to use, and what people should know about it, such as a commit that is held.
    func newest() async throws -> (tree: BundleTree, warning: String?)
}

/// A git repository that is followed.
package struct GitTrees: BundleTrees {
    private let repository: GitRepository
    private let credential: @Sendable () async throws -> GitCredential

    package init(_ repository: GitRepository, credential: @escaping @Sendable () async throws -> GitCredential) {
        self.repository = repository
        self.credential = credential
    }

    package func newest() async throws -> (tree: BundleTree, warning: String?) {
        let sync = try await repository.sync(credential: credential)
        return (try await repository.export(sync.commit), sync.held?.reason)
    }
}

/// A folder that is followed as it is saved.
package struct FolderTrees: BundleTrees {
    private let copy: WorkingCopy

    package init(_ copy: WorkingCopy) { self.copy = copy }

    package func newest() async throws -> (tree: BundleTree, warning: String?) { (try copy.snapshot(), nil) }
}
