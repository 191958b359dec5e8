import Foundation

/// An archive of helper files, made by the system's tar.
struct TestArchive {
    let bytes: [UInt8]
    let hash: String

    init(files: [String: String]) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "worker-archive-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let archive = folder.appendingPathExtension("tar").path
        defer { try? FileManager.default.removeItem(atPath: archive) }
        _ = try CompiledDAG.run("tar", ["--format=ustar", "-cf", archive, "-C", folder.path, "."])
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: archive)))
        hash = String(try CompiledDAG.run("sha256sum", [archive]).prefix(64))
    }
}
