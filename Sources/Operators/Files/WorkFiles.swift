internal import DAGKit
internal import FoundationEssentials
internal import Glibc
internal import HTTPClient
internal import Supervision

/// What a path leads to.
enum FileKind: Sendable, Hashable {
    case file(size: Int64)
    case folder
    /// A socket, a device, and the like.
    case other
    case missing

    /// May block.
    init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("look at the file \(path)") }
            self = .missing
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file(size: Int64(status.st_size))
        case S_IFDIR: self = .folder
        default: self = .other
        }
    }
}

/// Paths and folders of operators. All calls but the pure ones may block.
enum WorkFiles {
    /// The absolute path of `path` below `folder`, unless it is absolute itself.
    static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    /// Whether a relative path stays below the folder to which it is added.
    static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.utf8.contains(0)
            && !path.split(separator: "/", omittingEmptySubsequences: false).contains {
                $0 == ".." || $0 == "." || $0.isEmpty
            }
    }

    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch { throw OperatorError("cannot make the folder \(path): \(error.systemReason)") }
    }

    static func makeFolder(for file: String) throws {
        guard let slash = file.lastIndex(of: "/"), slash > file.startIndex else { return }
        try makeFolder(String(file[..<slash]))
    }

    static func remove(_ path: String) throws {
        guard try FileKind(path) != .missing else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    /// The regular files below a folder by their paths in it, sorted. Links to folders are not followed.
    static func files(below folder: String) throws -> [String] {
        do {
            return try FileManager.default.subpathsOfDirectory(atPath: folder)
                .filter { if case .file = try FileKind("\(folder)/\($0)") { true } else { false } }
                .sorted()
        } catch let error as SystemError { throw error } catch {
            throw OperatorError("cannot list the folder \(folder): \(error.systemReason)")
        }
    }

    /// The last part of a path.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension Error {
    /// The system's words, without Foundation's wrapping.
    var systemReason: String {
        let code = (self as? CocoaError)?.underlying.flatMap { ($0 as? POSIXError)?.code.rawValue }
        return code.map { String(cString: strerror($0)) } ?? "\(self)"
    }
}
