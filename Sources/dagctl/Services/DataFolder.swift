import Foundation

/// The folder that holds everything of a standalone installation: database, logs, key ring, tokens.
///
/// ```
/// postgres/      the private PostgreSQL
/// logs/          the logs of attempts
/// bundles/       clones and exports of git repositories
/// worker/        artifacts and work folders of the worker
/// keys           the key ring, mode 0600
/// token          the API token, mode 0600
/// worker-token   what workers show, mode 0600
/// api.json       where the API listens, while it runs
/// ```
struct DataFolder: Sendable {
    let path: String

    /// `SLIPSTREAM_DATA`, or `slipstream` in the user's folder for application data.
    static func usual(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> DataFolder {
        if let named = environment["SLIPSTREAM_DATA"], !named.isEmpty { return DataFolder(path: absolute(named)) }
        let home = environment["HOME"] ?? NSHomeDirectory()
        let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.local/share"
        return DataFolder(path: data + "/slipstream")
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Creates the folder, for its owner only.
    ///
    /// - Throws: ``ServiceError`` that says what stands in the way.
    func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw cannotWrite("it cannot be made") }
        guard access(path, W_OK | X_OK) == 0 else { throw cannotWrite("this user may not write to it") }
    }

    private func cannotWrite(_ what: String) -> ServiceError {
        var parent = path
        while !FileManager.default.fileExists(atPath: parent), parent.count > 1 {
            parent = (parent as NSString).deletingLastPathComponent
        }
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: parent, isDirectory: &isFolder)
        let reason =
            if !isFolder.boolValue {
                "\(parent) is a file"
            } else if access(parent, W_OK | X_OK) != 0 {
                "\(parent): \(String(cString: strerror(errno)))"
            } else {
                "is the disk full?"
            }
        return ServiceError(
            "the data folder \(path) cannot be used: \(what) (\(reason)); choose another with --data or SLIPSTREAM_DATA"
        )
    }

    /// A secret text that is made once and then stays, mode 0600.
    func secret(_ name: String) throws -> String {
        if let kept = try? String(contentsOfFile: file(name), encoding: .utf8) {
            let text = kept.trimmingCharacters(in: .whitespacesAndNewlines)
            if !text.isEmpty { return text }
        }
        var generator = SystemRandomNumberGenerator()
        let text = (0..<4).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
        try writePrivately(text + "\n", to: name)
        return text
    }

    /// Writes a file of mode 0600 at once: readers see the old content or the new.
    func writePrivately(_ text: String, to name: String) throws {
        let draft = file(".\(name).\(ProcessInfo.processInfo.processIdentifier)")
        guard
            FileManager.default.createFile(
                atPath: draft, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServiceError("\(file(name)) cannot be written: is the disk full, or the folder another user's?") }
        guard rename(draft, file(name)) == 0 else {
            throw ServiceError("\(file(name)) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}

/// What keeps a service from starting: one sentence that says what to do.
struct ServiceError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
