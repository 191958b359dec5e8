internal import Glibc

/// The processes below one process, as the kernel knows them: independent of what anybody registered.
enum ProcessTree {
    /// The children of a process.
    static func children(of pid: pid_t) -> [pid_t] {
        guard let tasks = names(in: "/proc/\(pid)/task") else { return [] }
        var children: [pid_t] = []
        for task in tasks {
            guard let text = contents(of: "/proc/\(pid)/task/\(task)/children") else {
                return childrenByParent()[pid] ?? []
            }
            children += text.split(separator: UInt8(ascii: " ")).compactMap {
                pid_t(String(decoding: $0, as: UTF8.self))
            }
        }
        return children
    }

    /// All processes below a process, parents before children.
    static func descendants(of pid: pid_t) -> [pid_t] {
        var found: [pid_t] = []
        var seen: Set<pid_t> = [pid]
        var next = [pid]
        while let parent = next.popLast() {
            let children = children(of: parent).filter { seen.insert($0).inserted }
            found += children
            next += children
        }
        return found
    }

    /// Kills everything below this process, which has to be a subreaper, and waits until it is gone. Blocks; gives up on what the
    /// kernel cannot end within the limit.
    ///
    /// - Parameter spared: Children that stay, with all below them.
    static func killDescendants(sparing spared: Set<pid_t> = [], withinMilliseconds limit: Int = 10_000) {
        for _ in 0..<limit {
            let children = children(of: getpid()).filter { !spared.contains($0) }
            if children.isEmpty { return }
            for child in children {
                for pid in descendants(of: child) + [child] { kill(pid, SIGKILL) }
            }
            for child in children { waitpid(child, nil, WNOHANG) }
            usleep(1_000)
        }
    }

    /// The value of an environment variable that a process was started with; nil when it has none or belongs to somebody else.
    static func environment(_ name: String, of pid: pid_t) -> String? {
        let prefix = Array("\(name)=".utf8)
        guard let text = contents(of: "/proc/\(pid)/environ") else { return nil }
        let entry = text.split(separator: 0).first { $0.starts(with: prefix) }
        return entry.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    }

    /// All processes of the machine that can be seen.
    static var all: [pid_t] { (names(in: "/proc") ?? []).compactMap { pid_t($0) } }

    /// For kernels without lists of children.
    private static func childrenByParent() -> [pid_t: [pid_t]] {
        var children: [pid_t: [pid_t]] = [:]
        for pid in all {
            guard let stat = contents(of: "/proc/\(pid)/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")) else {
                continue
            }
            let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
            guard fields.count > 1, let parent = pid_t(String(decoding: fields[1], as: UTF8.self)) else { continue }
            children[parent, default: []].append(pid)
        }
        return children
    }

    private static func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    static func contents(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { space, initialised in
                count = read(file, space.baseAddress, space.count)
                initialised = max(0, count)
            }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += chunk
        }
    }
}
