import Foundation

/// Keeps a second process from using a data folder; let go of with the process, however it ends.
final class FolderLock: Sendable {
    private let descriptor: CInt

    /// - Throws: ``ServiceError`` when another process holds the lock.
    init(_ folder: DataFolder) throws {
        let path = folder.file("lock")
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ServiceError("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw ServiceError(
                "another dagctl uses the data folder \(folder.path): stop it, or choose another folder with --data")
        }
    }

    deinit { close(descriptor) }
}
