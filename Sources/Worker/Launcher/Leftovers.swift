internal import Glibc
internal import Supervision

/// Processes that an earlier worker has left because supervisor and launcher were killed at once: they carry the name of its data
/// folder in their environment.
enum Leftovers {
    /// To be called by the worker that has the data folder now, before it starts anything.
    static func kill(ofWorkerWith dataFolder: String) {
        for pid in ProcessTree.all where pid != getpid() {
            guard ProcessTree.environment(ProcessEnvironment.workerVariable, of: pid) == dataFolder else { continue }
            Glibc.kill(pid, SIGKILL)
        }
    }
}

/// Keeps a second worker out of a data folder. The kernel lets go of it when the process ends, however it ends.
final class DataFolderLock: Sendable {
    private let file: OwnedDescriptor

    init(_ folder: String) throws {
        try FileSystem.makeFolder(folder)
        let path = "\(folder)/worker.lock"
        let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("open the file \(path)") }
        file = OwnedDescriptor(owning: number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemError("lock \(path): another worker uses this data folder, give each its own", code: errno)
        }
    }

    func release() { file.close() }
}
