internal import CPosix
internal import Glibc

/// The few file operations that bundles need; each failure names the path and the system's reason.
enum Disk {
    static func makeFolders(_ path: String, mode: mode_t = 0o755) throws(BundleError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("create the folder", path)
        }
        try makeFolders(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0, errno != EEXIST { throw failure("create the folder", path) }
    }

    /// Writes a new file; an existing one is an error.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t) throws(BundleError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        // The mode above is cut by the umask.
        guard fchmod(descriptor, mode) == 0 else { throw failure("write", path) }
    }

    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(BundleError) {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(BundleError) in try write(buffer, to: path, mode: mode) }
        }.get()
    }

    /// Puts a file in place so that readers see the old one or the whole new one, also after a power failure.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(BundleError) {
        let temporary = path + temporarySuffix()
        do throws(BundleError) {
            try write(bytes, to: temporary, mode: mode)
            try flush(temporary)
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Reads a whole regular file.
    ///
    /// - Parameter limit: the largest size accepted, in bytes.
    static func read(_ path: String, limit: Int = .max) throws(BundleError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw BundleError(.local, "cannot read \(path): it is not a regular file")
        }
        guard status.st_size <= limit else {
            throw BundleError(.refused, "cannot read \(path): it has \(status.st_size) bytes, \(limit) are allowed")
        }
        return try readAll(descriptor, size: Int(status.st_size), path)
    }

    /// Reads a file whose size the system does not tell, as those in `/proc`: at most 64 KiB.
    static func readText(_ path: String) throws(BundleError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        return String(decoding: try readAll(descriptor, size: 65_536, path), as: UTF8.self)
    }

    private static func readAll(_ descriptor: CInt, size: Int, _ path: String) throws(BundleError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let read = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
                if read < 0, errno == EINTR { continue }
                failed = read < 0
                guard read > 0 else { return }
                count += read
            }
        }
        if failed { throw failure("read", path) }
        return bytes
    }

    static func rename(_ path: String, to target: String) throws(BundleError) {
        guard Glibc.rename(path, target) == 0 else { throw failure("move \(path) to", target) }
    }

    /// Waits until a file, or with a folder all files of its file system, have reached the disk.
    static func flush(_ path: String) throws(BundleError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        guard (isFolder ? cposix_flush_file_system(descriptor) : fsync(descriptor)) == 0 else {
            throw failure("write", path)
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a folder, without `.` and `..`; none when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file or folder with all it holds, read-only folders included, and never follows a symbolic link.
    static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        chmod(path, 0o755)
        for name in names(in: path) { remove(path + "/" + name) }
        rmdir(path)
    }

    static func temporarySuffix() -> String { ".tmp-\(getpid())-" + String(UInt64.random(in: 0 ... .max), radix: 36) }

    static func failure(_ doing: String, _ path: String) -> BundleError {
        BundleError(.local, "cannot \(doing) \(path): \(String(cString: strerror(errno)))")
    }
}

extension Disk {
    /// Where a symbolic link leads; nil for anything else.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
