internal import Glibc

/// A folder that somebody works in, as a bundle: `dagctl standalone --bundle FOLDER`.
///
/// The rules are those of a git tree; hidden files and folders are left out.
package struct WorkingCopy: Sendable {
    package let folder: String
    private let limits: BundleLimits
    private let exports: ExportFolder

    /// - Parameters:
    ///   - folder: the working copy; only read.
    ///   - exports: where snapshots are kept.
    package init(_ folder: String, exports: String, limits: BundleLimits = BundleLimits()) throws(BundleError) {
        self.folder = folder
        self.limits = limits
        self.exports = try ExportFolder(exports)
    }

    /// Copies the folder as it is now; equal content gives the same snapshot.
    ///
    /// Blocks while it reads the files.
    /// - Throws: ``BundleError``: `.missing` when the folder is gone, `.refused` when its content breaks the rules, `.local` when
    ///   files change faster than they can be read.
    package func snapshot() throws(BundleError) -> BundleTree {
        for _ in 0..<5 {
            do throws(BundleError) {
                return try attempt()
            } catch  where error.reason == .held {
                continue
            }
        }
        throw BundleError(
            .local, "the files of \(folder) change faster than they can be read; the last snapshot stays in use")
    }

    /// Removes the snapshots that are in nobody's use.
    package func prune(keeping trees: Set<String>) { exports.prune(keeping: trees) }

    private func attempt() throws(BundleError) -> BundleTree {
        var census = TreeCensus(limits: limits)
        try walk("", depth: 0, &census)
        let items = try census.items()
        var hashes: [String: String] = [:]
        var lines: [String] = []
        for item in items {
            let hash = sha256(try content(item))
            hashes[item.file.path] = hash
            lines.append("\(item.file.path)\u{0}\(item.file.isExecutable ? "x" : "-")\(hash)")
        }
        let id = sha256(Array(lines.joined(separator: "\n").utf8))
        let export = try exports.export(id, items) { (item, path) throws(BundleError) in
            let bytes = try content(item)
            guard sha256(bytes) == hashes[item.file.path] else { throw Self.changed }
            try Disk.write(bytes, to: path, mode: item.file.isExecutable ? 0o555 : 0o444)
        }
        return BundleTree(commit: nil, id: id, folder: export, files: items.map(\.file))
    }

    private static let changed = BundleError(.held, "a file changed while it was read")

    private func content(_ item: TreeCensus.Item) throws(BundleError) -> [UInt8] {
        do throws(BundleError) {
            return try Disk.read(folder + "/" + item.source, limit: Int(limits.fileBytes))
        } catch {
            // Gone since the walk: editors replace files.
            throw Disk.exists(folder + "/" + item.source) ? error : Self.changed
        }
    }

    private func walk(_ path: String, depth: Int, _ census: inout TreeCensus) throws(BundleError) {
        let place = path.isEmpty ? folder : folder + "/" + path
        guard Disk.exists(place) else {
            throw depth == 0 ? BundleError(.missing, "the bundle's folder \(folder) does not exist") : Self.changed
        }
        for name in Disk.names(in: place).sorted() where !name.hasPrefix(".") {
            let inner = path.isEmpty ? name : path + "/" + name
            var status = stat()
            guard lstat(folder + "/" + inner, &status) == 0 else { throw Self.changed }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try census.addFolder(inner, depth: depth)
                try walk(inner, depth: depth + 1, &census)
            case S_IFREG:
                try census.addFile(inner, isExecutable: status.st_mode & S_IXUSR != 0, size: Int64(status.st_size))
            case S_IFLNK:
                guard let target = Disk.linkTarget(folder + "/" + inner) else { throw Self.changed }
                try census.addLink(inner, target: target)
            default: throw BundleError(.refused, "\(shown(inner)) is neither a file, a folder nor a link")
            }
        }
    }
}
