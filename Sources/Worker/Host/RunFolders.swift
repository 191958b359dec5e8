internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// The folders that operators work in: one for each run, shared by its tasks on this machine, and one for each attempt.
struct RunFolders {
    /// How long a run's folder stays after anything in it was made or removed, in seconds: 7 days.
    static let keptFor = 7 * 86_400

    private let runs: String
    private let attempts: String

    init(dataFolder: String) {
        runs = "\(dataFolder)/runs"
        attempts = "\(dataFolder)/attempts"
    }

    func make(forRunOf spec: AttemptSpec) throws -> String {
        let folder = "\(runs)/\(Self.fileName(spec.dagID))/\(Self.fileName(spec.runID))"
        try FileSystem.makeFolder(folder)
        return folder
    }

    func make(for spec: AttemptSpec) throws -> String {
        let folder = "\(attempts)/\(spec.id)"
        try FileSystem.makeFolder(folder)
        return folder
    }

    func remove(for spec: AttemptSpec) { FileSystem.remove("\(attempts)/\(spec.id)") }

    /// Removes what killed attempts have left, and the folders of runs that nobody has used for long.
    func prune() {
        FileSystem.remove(attempts)
        let oldest = time(nil) - Self.keptFor
        for dag in FileSystem.names(in: runs) {
            for run in FileSystem.names(in: "\(runs)/\(dag)") {
                let folder = "\(runs)/\(dag)/\(run)"
                var status = stat()
                if lstat(folder, &status) == 0, status.st_mtim.tv_sec < oldest { FileSystem.remove(folder) }
            }
        }
    }

    /// A name without slashes and other characters that shells and file systems take amiss; different names stay different.
    static func fileName(_ name: String) -> String {
        let safe = name.utf8.map { byte -> String in
            let character = Character(UnicodeScalar(byte))
            let isSafe = byte < 128 && (character.isLetter || character.isNumber || "-_.:+".contains(character))
            return isSafe ? String(character) : "%" + String(byte, radix: 16, uppercase: true)
        }.joined()
        return safe == "." || safe == ".." ? "%" + safe : safe
    }
}

extension FileSystem {
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file, or a folder with all that is in it; follows no symbolic link, and says nothing about what it cannot remove.
    static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        chmod(path, 0o700)
        for name in names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
