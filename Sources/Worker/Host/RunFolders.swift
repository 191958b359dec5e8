internal import Glibc
internal import Supervision
internal import WorkerProtocol

/// The folders that operators work in: one for each run, shared by its tasks on this machine, and one for each attempt.
struct RunFolders {
    /// A run's folder goes 7 days after the last task used it; and earlier, but not within an hour, when all of them have more than
    /// 50 GiB.
    static let plan = PrunePlan(maximumAge: 7 * 86_400, maximumSize: 50 << 30, minimumAge: 3_600)

    private let runs: String
    private let attempts: String

    init(dataFolder: String) {
        runs = "\(dataFolder)/runs"
        attempts = "\(dataFolder)/attempts"
    }

    func make(forRunOf spec: AttemptSpec) throws -> String {
        let folder = "\(runs)/\(Self.name(ofRunOf: spec))"
        try FileSystem.makeFolder(folder)
        FileSystem.touch(folder)
        return folder
    }

    /// The name of the folder of an attempt's run.
    static func name(ofRunOf spec: AttemptSpec) -> String { "\(fileName(spec.dagID))/\(fileName(spec.runID))" }

    func make(for spec: AttemptSpec) throws -> String {
        let folder = "\(attempts)/\(spec.id)"
        try FileSystem.makeFolder(folder)
        return folder
    }

    func remove(for spec: AttemptSpec) { FileSystem.remove("\(attempts)/\(spec.id)") }

    /// Removes what killed attempts have left.
    func removeLeftovers() { FileSystem.remove(attempts) }

    /// The folders of all runs, with their sizes; reads them all, so not for the loop.
    func entries() -> [PrunePlan.Entry] {
        FileSystem.names(in: runs).filter { !$0.hasPrefix(".") }.flatMap { dag in
            FileSystem.names(in: "\(runs)/\(dag)").compactMap { run in
                FileSystem.usedAt("\(runs)/\(dag)/\(run)").map { usedAt in
                    PrunePlan.Entry(
                        name: "\(dag)/\(run)", size: FileSystem.size("\(runs)/\(dag)/\(run)"), usedAt: usedAt)
                }
            }
        }
    }

    /// Takes away the folders of runs that the plan does not keep. Returns what is to be removed, which may take long.
    func discard(_ entries: [PrunePlan.Entry], inUse: Set<String>, plan: PrunePlan = plan, now: Int) -> [String] {
        let marked = entries.map { entry in
            var entry = entry
            entry.isInUse = inUse.contains(entry.name)
            return entry
        }
        for name in plan.victims(marked, now: now) { _ = FileSystem.discard("\(runs)/\(name)", in: runs) }
        return FileSystem.names(in: runs).filter { $0.hasPrefix(".") }.map { "\(runs)/\($0)" }
    }

    /// A name without slashes and other characters that shells and file systems take amiss; different names stay different.
    static func fileName(_ name: String) -> String {
        let safe = name.utf8.map { byte -> String in
            let character = Character(UnicodeScalar(byte))
            let isSafe = byte < 128 && (character.isLetter || character.isNumber || "-_.:+".contains(character))
            return isSafe ? String(character) : "%" + String(byte, radix: 16, uppercase: true)
        }.joined()
        return safe.hasPrefix(".") ? "%2E" + safe.dropFirst() : safe
    }
}

extension FileSystem {
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
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
