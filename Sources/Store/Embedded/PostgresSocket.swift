internal import Crypto
internal import Glibc

/// The folder by which clients find the server's socket. The system allows a socket's path 107 bytes.
struct PostgresSocket {
    /// What a client takes for the host.
    let folder: String
    /// The folder made because the real path is too long.
    private let detour: String?

    private static let longestPath = 107

    static func fits(_ folder: String) -> Bool {
        "\(folder)/.s.PGSQL.\(PostgresSettings.port)".utf8.count <= longestPath
    }

    /// Finds a short way to the socket folder: itself, or a link in a private folder with a name made from the path.
    init(socketFolder: String, runtimeFolder: String?) throws(EmbeddedPostgresError) {
        guard !Self.fits(socketFolder) else {
            folder = socketFolder
            detour = nil
            return
        }
        let hash = SHA256.hash(data: Array(socketFolder.utf8)).prefix(8)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let name = "slipstream-\(geteuid())-\(hash)"
        let bases = ([runtimeFolder].compactMap { $0 } + ["/tmp"]).filter { access($0, W_OK) == 0 }
        guard let detour = bases.map({ "\($0)/\(name)" }).first(where: { Self.fits("\($0)/s") }) else {
            throw .blocked(
                path: socketFolder, reason: "is too long for a socket; use a shorter data folder")
        }
        try Self.makePrivate(detour)
        let link = "\(detour)/s"
        unlink(link)
        guard symlink(socketFolder, link) == 0 else { throw .blocked(path: link, reason: SystemFailure().description) }
        folder = link
        self.detour = detour
    }

    /// Makes the folder, or accepts one that only we can have made.
    private static func makePrivate(_ folder: String) throws(EmbeddedPostgresError) {
        guard mkdir(folder, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw .blocked(path: folder, reason: SystemFailure().description) }
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { throw .blocked(path: folder, reason: "is not a private folder of ours; remove it") }
    }

    func remove() {
        guard let detour else { return }
        unlink(folder)
        rmdir(detour)
    }
}
