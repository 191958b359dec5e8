internal import FoundationEssentials
internal import Glibc

/// Where the private server lives, below the data folder of `dagctl standalone`.
///
/// ```text
/// DATA/postgres.lock        locked by the dagctl that runs the server
/// DATA/postgres/            the server user's, mode 0700
///     data/                 the cluster
///     data.new/             a cluster that is not complete yet
///     socket/               the socket
///     log                   what the server says
/// ```
struct PostgresFolder {
    let root: String
    /// Whom the server runs as, where that is not ourselves.
    let user: ServerProcess.User?

    var home: String { "\(root)/postgres" }
    var cluster: String { "\(home)/data" }
    var newCluster: String { "\(home)/data.new" }
    var socketFolder: String { "\(home)/socket" }
    var log: String { "\(home)/log" }

    /// Makes the folders, and finds out whom the server runs as.
    init(root: String) throws(EmbeddedPostgresError) {
        try Self.makeFolder(root, owner: nil)
        guard let real = realPath(root) else { throw .blocked(path: root, reason: SystemFailure().description) }
        self.root = real
        user = try Self.serverUser(home: "\(real)/postgres")
        for folder in [home, socketFolder] { try Self.makeFolder(folder, owner: user) }
    }

    /// PostgreSQL refuses to run as root: then it is the owner of an existing cluster, `postgres` or `nobody`.
    private static func serverUser(home: String) throws(EmbeddedPostgresError) -> ServerProcess.User? {
        var status = stat()
        let exists = lstat(home, &status) == 0
        guard geteuid() == 0 else {
            if exists, status.st_uid != geteuid() { throw .foreignOwner(folder: home, uid: status.st_uid) }
            return nil
        }
        if exists, status.st_uid != 0 { return ServerProcess.User(uid: status.st_uid, gid: status.st_gid) }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerProcess.User(uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
            }
        }
        throw .noServerUser
    }

    /// Makes a folder for its owner alone; one that exists keeps its mode and must be a folder.
    static func makeFolder(_ path: String, owner: ServerProcess.User?) throws(EmbeddedPostgresError) {
        if mkdir(path, 0o700) == 0 {
            if let owner, chown(path, owner.uid, owner.gid) != 0 {
                throw .blocked(path: path, reason: SystemFailure().description)
            }
            return
        }
        switch errno {
        case EEXIST: break
        case ENOENT:
            guard let parent = path.lastIndex(of: "/").map({ String(path[..<$0]) }), !parent.isEmpty else {
                throw .blocked(path: path, reason: "is not a path")
            }
            try makeFolder(parent, owner: owner)
            return try makeFolder(path, owner: owner)
        case ENOSPC, EDQUOT: throw .diskFull(folder: path)
        default: throw .blocked(path: path, reason: SystemFailure().description)
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .blocked(path: path, reason: "is not a folder; move it away")
        }
        // Made by us as root a moment before we died.
        if let owner, status.st_uid == 0 { chown(path, owner.uid, owner.gid) }
    }

    /// The major version of the cluster; `nil` where there is none.
    func clusterVersion() throws(EmbeddedPostgresError) -> Int? {
        guard let text = readText("\(cluster)/PG_VERSION") else {
            guard access(cluster, F_OK) != 0 else {
                throw .blocked(path: cluster, reason: "is not a PostgreSQL cluster; move it away")
            }
            return nil
        }
        guard let version = Int(text.prefix { $0.isNumber }) else {
            throw .blocked(path: "\(cluster)/PG_VERSION", reason: "holds no version; restore the cluster from a backup")
        }
        return version
    }

    func readText(_ path: String) -> String? {
        guard let content = try? RegularFile.read(path, limit: 1 << 20) else { return nil }
        return String(decoding: content.bytes, as: UTF8.self)
    }

    func openFolder(_ path: String) throws(EmbeddedPostgresError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .blocked(path: path, reason: SystemFailure().description) }
        return descriptor
    }
}

// MARK: - One owner at a time

extension PostgresFolder {
    /// Takes the data folder for this process; the lock goes with the descriptor, or with the process.
    func lock() throws(EmbeddedPostgresError) -> Int32 {
        let path = "\(root)/postgres.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .diskFull(folder: root) }
            throw .blocked(path: path, reason: SystemFailure().description)
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw .inUse(folder: root, process: readText(path) ?? "unknown")
        }
        ftruncate(file, 0)
        let process = String(getpid())
        pwrite(file, process, process.utf8.count, 0)
        return file
    }
}

// MARK: - Log

extension PostgresFolder {
    private static let longestLog = 10 << 20

    /// Opens the log for appending; a long one starts anew.
    func openLog() throws(EmbeddedPostgresError) -> Int32 {
        let file = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .diskFull(folder: home) }
            throw .blocked(path: log, reason: SystemFailure().description)
        }
        if lseek(file, 0, SEEK_END) > Self.longestLog { ftruncate(file, 0) }
        return file
    }

    /// Why a program failed, from what it wrote to the log since `start`.
    func failure(of what: String, since start: off_t, ending: String?) -> EmbeddedPostgresError {
        let text = logText(since: start)
        if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
            return .diskFull(folder: home)
        }
        let lines = text.split(separator: "\n")
        let telling = lines.last { $0.contains("FATAL") || $0.contains("PANIC") || $0.contains("error:") } ?? lines.last
        return .failed(what: what, reason: telling.map(String.init) ?? ending ?? "no reason given", log: log)
    }

    private func logText(since start: off_t) -> String {
        let file = open(log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = pread(file, &bytes, bytes.count, start)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
