internal import Glibc
internal import Supervision

extension ArtifactCache {
    /// Everything that is kept, with its size; reads the whole folder, so not for the loop.
    func entries() -> [PrunePlan.Entry] {
        FileSystem.names(in: folder).filter { !$0.hasPrefix(".") }.compactMap { name in
            FileSystem.usedAt("\(folder)/\(name)").map { usedAt in
                PrunePlan.Entry(name: name, size: FileSystem.size("\(folder)/\(name)"), usedAt: usedAt)
            }
        }
    }

    /// Takes something out of the cache at once; what is returned is to be removed later, which may take long.
    func discard(_ hash: String) -> String? { FileSystem.discard("\(folder)/\(hash)", in: folder) }

    /// What discards and killed workers have left.
    func leftovers() -> [String] { FileSystem.names(in: folder).filter { $0.hasPrefix(".") }.map { "\(folder)/\($0)" } }
}

extension FileSystem {
    /// When something was last used or changed, in seconds since 1970.
    static func usedAt(_ path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mtim.tv_sec : nil
    }

    /// Says that something was used now.
    static func touch(_ path: String) { utimensat(AT_FDCWD, path, nil, 0) }

    /// The bytes of a file, or of all files in a folder; follows no symbolic link.
    static func size(_ path: String) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int64(status.st_size) }
        return names(in: path).reduce(0) { $0 + size("\(path)/\($1)") }
    }

    /// Gives something a hidden name in `folder`, so that nobody finds it any more, and returns that name's path.
    static func discard(_ path: String, in folder: String) -> String? {
        let hidden = "\(folder)/.discarded-\(UInt64.random(in: 0...UInt64.max))"
        return rename(path, hidden) == 0 ? hidden : nil
    }
}
