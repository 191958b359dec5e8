internal import Glibc

/// Reading and writing small files whose content or permissions matter: key rings, connections, process ids.
enum RegularFile {
    /// What was read, and who may read it too.
    struct Content {
        var bytes: [UInt8]
        /// The permission bits, such as 0o600.
        var mode: UInt32
        var owner: UInt32
    }

    /// Why a file could not be read or written; a sentence without the file's name.
    struct Failure: Error, CustomStringConvertible {
        var code: Int32
        var description: String
    }

    /// Reads a whole file, at most `limit` bytes. A pipe or device is refused before it could block.
    static func read(_ path: String, limit: Int) throws(Failure) -> Content {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .system(errno) }
        defer { close(file) }
        let before = try status(of: file)
        guard before.st_mode & S_IFMT != S_IFDIR else { throw Failure(code: EISDIR, description: "is a directory") }
        guard before.st_mode & S_IFMT == S_IFREG else {
            throw Failure(code: EINVAL, description: "is not a regular file")
        }
        guard before.st_size <= limit else { throw .tooLarge(limit: limit) }
        let bytes = try readAll(file, limit: limit)
        let after = try status(of: file)
        guard bytes.count == Int(before.st_size), before.hasSameContent(as: after) else {
            throw Failure(code: EAGAIN, description: "changed while it was read; run the command again")
        }
        return Content(bytes: bytes, mode: UInt32(before.st_mode & 0o7777), owner: before.st_uid)
    }

    private static func readAll(_ file: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func status(of file: Int32) throws(Failure) -> stat {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(errno) }
        return status
    }
}

// MARK: - Writing

extension RegularFile {
    /// Writes a file so that readers see the old content, or all of the new, also after a power failure.
    /// - Parameters:
    ///   - mode: The permission bits, from the first moment on.
    ///   - replacing: Whether a file that exists is replaced; otherwise it stays, and `EEXIST` is thrown.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt32, replacing: Bool) throws(Failure) {
        let temporary = "\(path).\(UInt32.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw .system(errno) }
        defer { unlink(temporary) }
        do {
            defer { close(file) }
            guard fchmod(file, mode) == 0 else { throw Failure.system(errno) }
            try writeAll(bytes, to: file)
            guard fsync(file) == 0 else { throw Failure.system(errno) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .system(EIO)
        }
        guard (replacing ? rename(temporary, path) : link(temporary, path)) == 0 else { throw .system(errno) }
        syncFolder(of: path)
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            rest = rest.dropFirst(count)
        }
    }

    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        fsync(file)
        close(file)
    }
}

extension RegularFile.Failure {
    static func system(_ code: Int32) -> Self {
        switch code {
        case ENOENT: Self(code: code, description: "does not exist")
        case EACCES: Self(code: code, description: "permission denied")
        case ENOSPC, EDQUOT: Self(code: code, description: "the disk is full")
        default: Self(code: code, description: String(cString: strerror(code)))
        }
    }

    static func tooLarge(limit: Int) -> Self {
        Self(code: EFBIG, description: "is larger than \(limit) bytes")
    }
}

extension stat {
    fileprivate func hasSameContent(as other: stat) -> Bool {
        st_size == other.st_size && st_mtim.tv_sec == other.st_mtim.tv_sec && st_mtim.tv_nsec == other.st_mtim.tv_nsec
    }
}
