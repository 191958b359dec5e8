import DAGBundles
import DAGModel
import Foundation
import Supervision

/// The DAG files of a folder, compiled and described as a server does it.
struct WorkingBuild: Sendable {
    let root: String
    /// For caches and work files.
    let scratch: String
    let store: FolderArtifactStore
    let build: BundleBuild

    init(_ folder: String, withoutJail: Bool, _ loop: EventLoop) async throws {
        root = DataFolder.absolute(folder)
        scratch = Self.cache + "/" + sha256(Array(root.utf8)).prefix(16)
        try DataFolder(path: scratch).create()
        store = try FolderArtifactStore(scratch + "/store")
        let installation = Installation.current
        let builder = try BundleBuilder(
            jail: try await Jail(on: loop, noJail: withoutJail),
            toolchain: try Toolchain(
                modules: installation.modules, library: installation.library, runner: installation.runner),
            store: store, folder: scratch + "/build")
        build = try await builder.build(try WorkingCopy(root, exports: scratch + "/copies").snapshot())
    }

    static var usualFolder: String { FileManager.default.fileExists(atPath: "dags") ? "dags" : "." }

    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (named ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache") + "/slipstream/dags-test"
    }
}
