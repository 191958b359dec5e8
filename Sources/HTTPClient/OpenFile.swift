internal import Glibc
internal import Supervision

/// A file that is open for reading or for writing at any position; closed with its last reference. Its calls may block: use them
/// within ``BlockingWork``.
package final class OpenFile: Sendable {
    private let descriptor: CInt
    private let path: String

    package init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open the file \(path)") }
    }

    /// Makes the file if it does not exist.
    package init(writing path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError("open the file \(path) for writing") }
    }

    deinit { close(descriptor) }

    /// The size in bytes.
    package func size() throws -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("read the size of the file \(path)") }
        return Int64(status.st_size)
    }

    /// Up to `count` bytes from `offset`; none at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while true {
                let result = pread(descriptor, buffer.baseAddress, count, off_t(offset))
                if result >= 0 {
                    filled = result
                    return
                }
                guard errno == EINTR else { throw SystemError("read the file \(path)") }
            }
        }
    }

    package func write(_ bytes: [UInt8], at offset: Int64) throws {
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written, off_t(offset) + written)
            }
            if result < 0 {
                guard errno == EINTR else { throw SystemError("write to the file \(path)") }
            } else {
                written += result
            }
        }
    }

    package func truncate(to size: Int64) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw SystemError("set the size of the file \(path)") }
    }

    /// Returns when the bytes are on the disk.
    package func sync() throws {
        guard fdatasync(descriptor) == 0 else { throw SystemError("write the file \(path) to the disk") }
    }
}
