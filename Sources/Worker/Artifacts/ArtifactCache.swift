internal import Crypto
internal import Glibc
internal import Supervision

/// Compiled DAG files and unpacked helper files in a folder, by the SHA-256 of what was fetched. What is there is whole: files and
/// folders appear under their name only when they are complete.
struct ArtifactCache {
    let folder: String

    init(dataFolder: String) throws {
        folder = "\(dataFolder)/artifacts"
        for path in [dataFolder, folder] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw SystemError("make the folder \(path)")
        }
    }

    /// Where something is kept, or nil when it has to be fetched.
    func path(of hash: String) -> String? {
        let path = "\(folder)/\(hash)"
        guard access(path, F_OK) == 0 else { return nil }
        FileSystem.touch(path)
        return path
    }

    /// Keeps something that was fetched; an archive is unpacked.
    ///
    /// - Throws: ``ArtifactError`` when it is not what its hash says or no archive, and `SystemError`.
    func store(_ bytes: [UInt8], as hash: String, unpacking: Bool) throws -> String {
        let actual = SHA256.hash(data: bytes).map { hex($0) }.joined()
        guard actual == hash else {
            throw ArtifactError("the leader sent \(bytes.count) bytes with the SHA-256 \(actual) as \(hash)")
        }
        let temporary = "\(folder)/.\(hash).\(getpid())"
        let path = "\(folder)/\(hash)"
        if unpacking {
            try TarArchive.unpack(bytes, into: temporary)
        } else {
            try FileSystem.write(bytes, to: temporary, mode: 0o500)
        }
        guard rename(temporary, path) == 0 || access(path, F_OK) == 0 else {
            throw SystemError("put an artifact at \(path)")
        }
        return path
    }

    private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

/// Something fetched that cannot be used: one sentence.
struct ArtifactError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

enum FileSystem {
    static func write(_ bytes: some Collection<UInt8>, to path: String, mode: mode_t) throws {
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw SystemError("write the file \(path)") }
        defer { close(file) }
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("write the file \(path)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("make the folder \(path)")
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("make the folder \(path)") }
    }
}
