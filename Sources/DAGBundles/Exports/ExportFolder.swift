internal import Glibc

/// The folder that holds exported trees, one read-only folder per content.
///
/// A tree appears by one rename, whole and flushed to disk: a kill at any moment leaves at most a temporary folder, which the next
/// start removes.
struct ExportFolder: Sendable {
    let path: String

    init(_ path: String) throws(BundleError) {
        self.path = path
        try Disk.makeFolders(path)
        for name in Disk.names(in: path) where name.contains(".tmp-") { Disk.remove(path + "/" + name) }
    }

    /// The folder of a tree, whether it exists or not.
    func folder(of id: String) -> String { path + "/" + id }

    /// Makes a tree's folder unless it is there already, and returns its path.
    ///
    /// - Parameter write: called once per item to write its content to the path given.
    func export(
        _ id: String, _ items: [TreeCensus.Item],
        write: (_ item: TreeCensus.Item, _ path: String) throws(BundleError) -> Void
    ) throws(BundleError) -> String {
        let target = folder(of: id)
        if Disk.exists(target) { return target }
        let temporary = target + Disk.temporarySuffix()
        do throws(BundleError) {
            try fill(temporary, items, write: write)
            try Disk.flush(temporary)
            try Disk.rename(temporary, to: target)
        } catch {
            Disk.remove(temporary)
            if Disk.exists(target) { return target }
            throw error
        }
        return target
    }

    /// Removes every exported tree that is not in the set.
    func prune(keeping ids: Set<String>) {
        for name in Disk.names(in: path) where !ids.contains(name) {
            // First out of sight, so that nobody sees half a tree.
            let doomed = path + "/" + name + Disk.temporarySuffix()
            if Glibc.rename(path + "/" + name, doomed) == 0 { Disk.remove(doomed) }
        }
    }

    private func fill(
        _ root: String, _ items: [TreeCensus.Item],
        write: (TreeCensus.Item, String) throws(BundleError) -> Void
    ) throws(BundleError) {
        try Disk.makeFolders(root)
        var folders: [String] = [root]
        var known: Set<Substring> = []
        for item in items {
            if let slash = item.file.path.lastIndex(of: "/"), known.insert(item.file.path[..<slash]).inserted {
                try Disk.makeFolders(root + "/" + item.file.path[..<slash])
                folders.append(root + "/" + item.file.path[..<slash])
            }
            try write(item, root + "/" + item.file.path)
        }
        for folder in folders { chmod(folder, 0o555) }
    }
}
