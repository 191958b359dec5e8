internal import CUV
internal import Glibc

/// Calls a closure on the loop when something below a folder changes: a file was written, made, renamed or removed.
///
/// Folders that are made later are watched too; symbolic links are not followed. One save makes several calls: gather
/// them with a timer. What changed while a new folder was being found is reported as a change of that folder.
package final class FolderWatcher: @unchecked Sendable {
    // @unchecked: confined to the loop, which every entry point checks.

    private let loop: EventLoop
    private let root: String
    private let isIgnored: (String) -> Bool
    private var changed: ((String) -> Void)?
    /// By path relative to the root, "" for the root itself.
    private var watched: [String: FolderHandle] = [:]

    /// Begins to watch.
    /// - Parameters:
    ///   - ignoring: Names of folders that are not watched, as `.git`.
    ///   - changed: Gets the path of what changed, relative to the folder; "" for the folder itself.
    package init(
        _ root: String, ignoring: Set<String> = [], on loop: EventLoop, changed: @escaping (String) -> Void
    ) throws {
        self.loop = loop
        self.root = root
        self.changed = changed
        isIgnored = { ignoring.contains($0) }
        guard Self.isFolder(root) else { throw SystemError("watch the folder \(root)", code: ENOTDIR) }
        try watch("")
    }

    /// Ends the watch. May be called again.
    package func cancel() {
        loop.preconditionOnLoop()
        changed = nil
        for handle in watched.values { handle.closeHandle() }
        watched = [:]
    }

    private func watch(_ relative: String) throws {
        guard watched[relative] == nil else { return }
        watched[relative] = try FolderHandle(path(relative), on: loop) { [self] name in
            happened(in: relative, name: name)
        }
        for name in Self.subfolders(of: path(relative)) where !isIgnored(name) { try watch(join(relative, name)) }
    }

    private func happened(in folder: String, name: String) {
        let relative = join(folder, name)
        if !name.isEmpty, !isIgnored(name) { follow(relative) }
        if folder.isEmpty && isIgnored(name) { return }
        changed?(relative)
    }

    /// A folder that came is watched, one that went is not any more. One that vanished meanwhile is not worth an error.
    private func follow(_ relative: String) {
        if Self.isFolder(path(relative)) {
            try? watch(relative)
        } else if watched[relative] != nil {
            for (path, handle) in watched where path == relative || path.hasPrefix(relative + "/") {
                handle.closeHandle()
                watched[path] = nil
            }
        }
    }

    private func path(_ relative: String) -> String { relative.isEmpty ? root : "\(root)/\(relative)" }

    private func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : name.isEmpty ? folder : "\(folder)/\(name)"
    }

    private static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    private static func subfolders(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != "..", isFolder("\(path)/\(name)") { names.append(name) }
        }
        return names
    }
}

/// One folder's inotify watch.
private final class FolderHandle: LoopHandle, @unchecked Sendable {
    private var changed: ((String) -> Void)?

    init(_ path: String, on loop: EventLoop, changed: @escaping (String) -> Void) throws {
        self.changed = changed
        super.init(on: loop)
        try open(uv_fs_event_t.self, "watch the folder \(path)") { uv_fs_event_init(loop.uv, $0) }
        guard let handle = pointer(uv_fs_event_t.self) else { return }
        let report: uv_fs_event_cb = { handle, name, _, _ in
            FolderHandle.owner(handle)?.changed?(name.map { String(cString: $0) } ?? "")
        }
        let status = uv_fs_event_start(handle, report, path, 0)
        guard status == 0 else {
            closeHandle()
            throw SystemError(uv: status, "watch the folder \(path)")
        }
    }

    override func handleClosed() { changed = nil }
}
